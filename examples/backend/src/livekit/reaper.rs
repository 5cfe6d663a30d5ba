//! Which rooms must go: those that outlived their call.

use faithcall_protocol::id::CallId;

/// What the ledger says of the call that a room belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// The call is not over. Who may be in its room is for [`super::reconcile`] to see to.
    Live,
    /// The call is over.
    Over,
    /// No such call here. The room may be of another deployment that uses the same LiveKit.
    Unknown,
}

/// The call that a room was made for, from the room's name. `None` for a room that is not ours.
pub fn call_of(room: &str) -> Option<CallId> {
    let (_church, call) = room.strip_prefix("faithflow_")?.rsplit_once('_')?;
    call.parse().ok()
}

/// The rooms to delete, of all that the server has.
pub fn doomed(rooms: Vec<String>, standing: impl Fn(&str) -> Standing) -> Vec<String> {
    let over = |room: &String| standing(room) == Standing::Over;
    rooms.into_iter().filter(over).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_room_is_traced_to_its_call() {
        let id = "6f1c1f9e-3f0a-4c8e-9d8e-0f2f6f3f1a11";
        let call: CallId = id.parse().unwrap();
        for ours in [
            format!("faithflow_church-1_{id}"),
            format!("faithflow_with_underscores_{id}"),
        ] {
            assert_eq!(call_of(&ours), Some(call.clone()), "{ours}");
        }
        for foreign in ["", "lobby", "faithflow_", "faithflow_x", "faithflow_c_a/b"] {
            assert_eq!(call_of(foreign), None, "{foreign}");
        }
    }

    #[test]
    fn only_rooms_of_calls_that_are_over_are_deleted() {
        let rooms = ["live", "over", "unknown"].map(str::to_owned).to_vec();
        let standing = |room: &str| match room {
            "live" => Standing::Live,
            "over" => Standing::Over,
            _ => Standing::Unknown,
        };
        assert_eq!(doomed(rooms, standing), ["over"]);
    }
}
