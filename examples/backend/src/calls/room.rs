//! A call and its room: who needs a token, and what the media server says.

use faithcall_protocol::id::{CallId, ChurchId};
use faithcall_protocol::ledger::{self, Call, Command, InRoom, RoomHint};
use faithcall_protocol::rest::{Actor, RoomAccess};

use super::{CallError, Calls, Result, refused};
use crate::clock::now_ms;
use crate::livekit::{Participant, RoomServer, reaper};
use crate::rooms::MediaUnavailable;

/// A call, and what the device that asked needs to join its room.
#[derive(Debug)]
pub(crate) struct Admitted {
    pub(crate) call: Call,
    pub(crate) access: RoomAccess,
}

impl Calls {
    /// A fresh token for a device that takes part, or that may wait.
    pub(crate) async fn token(
        &self,
        church: &ChurchId,
        id: &CallId,
        actor: &Actor,
    ) -> Result<Admitted> {
        let actor = actor.clone();
        let command = Command::Heard {
            actor: actor.clone(),
        };
        let call = self.apply(church, id, &command).await?;
        self.admit(call, &actor).await
    }

    /// What the actor needs to join now, the room made.
    ///
    /// # Errors
    /// Those of [`ledger::access`]; [`CallError::Media`] where the room could not be made.
    pub(super) async fn admit(&self, call: Call, actor: &Actor) -> Result<Admitted> {
        let access = ledger::access(&call, actor);
        let access = access.map_err(|refusal| refused(refusal, Some(&call)))?;
        let access = self.rooms.token(&call, &actor.member_id, &access)?;
        match self.rooms.ensure(&call).await {
            Ok(()) => Ok(Admitted { call, access }),
            Err(MediaUnavailable) => Err(CallError::Media {
                call: Some(Box::new(call)),
            }),
        }
    }

    /// What the actor's device needs to wait in the room while it rings, if it is the one that may.
    pub(crate) fn join_ahead(&self, call: &Call, actor: &Actor) -> Result<Option<RoomAccess>> {
        let access = ledger::access_ahead(call, actor);
        let token = access.map(|access| self.rooms.token(call, &actor.member_id, &access));
        Ok(token.transpose()?)
    }

    /// Has the call's room looked at soon: somebody came, or said that it is there.
    pub(crate) async fn look_at_room(&self, id: &CallId) -> Result<()> {
        self.store.ask_for_room_work(id).await?;
        self.news.room_work.notify_one();
        Ok(())
    }

    /// Takes in what a webhook says about somebody in a room.
    pub(crate) async fn room_hint(
        &self,
        room: &str,
        identity: String,
        session: Option<String>,
        hint: RoomHint,
    ) -> Result<()> {
        let Some(call) = self.call_of_room(room).await? else {
            return Ok(());
        };
        let command = Command::RoomHint {
            identity,
            session,
            hint,
        };
        let call = self
            .apply(call.church_id(), call.call_id(), &command)
            .await?;
        match hint {
            RoomHint::Joined => self.look_at_room(call.call_id()).await,
            // It may speak of an earlier stay: who is back must not be taken for gone.
            RoomHint::Left { .. } if !call.is_over() => {
                self.see_who_is_there(&call).await.map(drop)
            }
            RoomHint::Left { .. } => Ok(()),
        }
    }

    /// Asks the media server who is in the call's room, and takes that in: the call after it, and
    /// who was listed. `None` where it does not say: no list says nothing about anybody.
    pub(crate) async fn see_who_is_there(
        &self,
        call: &Call,
    ) -> Result<Option<(Call, Vec<Participant>)>> {
        let asked_at_ms = now_ms();
        let room = call.room_name();
        let present = match self.rooms.livekit().list_participants(&room).await {
            Ok(present) => present,
            Err(error) => {
                tracing::warn!(%error, "a room's participants could not be listed");
                return Ok(None);
            }
        };
        let there = present.iter().map(|someone| InRoom {
            identity: someone.identity.clone(),
            session: someone.session.clone(),
            is_active: someone.is_active,
        });
        let command = Command::RoomList {
            present: there.collect(),
            asked_at_ms,
        };
        let now = self
            .apply(call.church_id(), call.call_id(), &command)
            .await?;
        Ok(Some((now, present)))
    }

    /// The call that a room belongs to, by the room's name.
    pub(crate) async fn call_of_room(&self, room: &str) -> Result<Option<Call>> {
        let Some(id) = reaper::call_of(room) else {
            return Ok(None);
        };
        let stored = self.store.call(&id).await?;
        Ok(stored
            .map(|stored| stored.call)
            .filter(|call| call.room_name() == room))
    }
}
