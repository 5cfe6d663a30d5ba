//! The body of an invite to a call that is there.

use faithcall_protocol::rest::{InviteRequest, KnownInvitee};

use super::{Body, Fields};

impl Body for InviteRequest {
    fn read(fields: &mut Fields<'_>) -> Option<Self> {
        let callee_ids = fields.callees();
        let known = known(fields);
        Some(Self {
            callee_ids: callee_ids?,
            known,
        })
    }
}

fn known(fields: &mut Fields<'_>) -> Option<Vec<KnownInvitee>> {
    const NAME: &str = "known";
    let value = fields.present(NAME)?;
    let Some(entries) = value.as_array() else {
        fields.fail("list_type", &[NAME], "Input should be a valid list", &value);
        return None;
    };
    let mut known = Vec::with_capacity(entries.len());
    for (entry, place) in entries.iter().zip(0..) {
        match serde_json::from_value(entry.clone()) {
            Ok(invitee) => known.push(invitee),
            Err(_) => {
                let msg = "Input should be an object with 'member_id' and 'invited_again'";
                let at = format!("{place}");
                fields.fail("model_type", &[NAME, &at], msg, entry);
            }
        }
    }
    Some(known)
}
