//! What others are told of a change, and the exact MQTT messages that say it.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::call::Call;
use super::party::Invitee;
use super::view::{duration_seconds, left_ms, ring_left_ms, snapshot};
use crate::end::EndReason;
use crate::id::MemberId;
use crate::rest::{Actor, PatchParticipant, RejectReason};
use crate::signal::topic::{Channel, Topic};
use crate::signal::{CallInvite, CallUpdate, Callee, Cause, Change, Envelope, Person, Signal};
use crate::timestamp::Timestamp;

/// Who ended a call that no member ended, in part A's `call_end`.
const BY_SERVER: &str = "server";

/// What has to be done about a committed change.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Notice {
    /// Tell the members.
    Publish(News),
    /// Who may be in the room, or what they may do there, changed.
    ReconcileRoom,
    /// The call is over: remove its room.
    DeleteRoom,
}

/// What the media server has to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RoomTask {
    /// Bring the room's participants and permissions to [`super::entitled`].
    Reconcile,
    /// Remove the room.
    Delete,
}

/// One thing to tell. All but [`News::Updated`] are part A's.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum News {
    /// To each of them, and to the call.
    Invited {
        /// The callees who are rung.
        members: Vec<MemberId>,
        /// By the create, or by an invite to a call that is there.
        cause: Cause,
        /// Who invites.
        by: Actor,
    },
    /// A callee's device rings; said for a device that has no way to say it to part-A apps.
    Rings {
        /// The callee.
        member: MemberId,
    },
    /// A callee accepted. Never carries a token.
    Accepted {
        /// The callee.
        member: MemberId,
    },
    /// A callee declined, or was busy.
    Declined {
        /// The callee.
        member: MemberId,
        /// Which of both.
        reason: RejectReason,
    },
    /// To each callee, and to the call.
    Cancelled,
    /// To each member, and to the call.
    Ended,
    /// A participant's media came up.
    Joined {
        /// Whose.
        member: MemberId,
    },
    /// A participant is in the call no more, and the others go on.
    Left {
        /// Who.
        member: MemberId,
    },
    /// To one member: the call is over for it, and goes on for others.
    OverFor {
        /// Who.
        member: MemberId,
        /// Why.
        reason: EndReason,
        /// Whose action that was; none where a deadline passed.
        by: Option<MemberId>,
    },
    /// A participant's media changed.
    Flags {
        /// Whose.
        member: MemberId,
        /// What changed, and only that.
        changed: PatchParticipant,
    },
    /// Part B's `call_update`, to each member; once a committed change.
    Updated {
        /// What happened.
        cause: Cause,
        /// Who did it.
        by: Option<Actor>,
    },
}

/// One MQTT message, ready for an outbox.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Message {
    /// Where to.
    #[serde(serialize_with = "write_topic", deserialize_with = "read_topic")]
    pub topic: Topic,
    /// What.
    pub envelope: Envelope,
    /// Of an invite: when its ring time ends (ms since 1970).
    pub ring_until_ms: Option<u64>,
}

impl Message {
    /// The message as it is true at the moment of publishing: an invite carries the ring time
    /// that is left then. None: the ring time is over, and nobody is to be rung any more.
    pub fn at(mut self, now_ms: u64) -> Option<Self> {
        let Some(until) = self.ring_until_ms else {
            return Some(self);
        };
        let left = left_ms(until, now_ms)?;
        if let Signal::CallInvite(invite) = &mut self.envelope.signal {
            invite.ring_expires_in_ms = Some(left);
        }
        Some(self)
    }
}

fn write_topic<S: Serializer>(topic: &Topic, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(topic)
}

fn read_topic<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Topic, D::Error> {
    let text = String::deserialize(deserializer)?;
    text.parse().map_err(de::Error::custom)
}

/// The messages of one piece of news about `call`, which is the call after the change.
pub(super) fn render(call: &Call, news: &News, livekit_url: &str, now_ms: u64) -> Vec<Message> {
    let signal = Channel::Signal(call.call_id.clone());
    let participants = Channel::Participants(call.call_id.clone());
    let post = Post { call, now_ms };
    match news {
        News::Invited { members, cause, by } => {
            let change = change(call, *cause, Some(by), now_ms);
            let invite = |to, rung| post.invite(to, rung, change.clone(), livekit_url);
            let each = members.iter().map(|member| {
                let to = Channel::IncomingCall(member.clone());
                invite(to, std::slice::from_ref(member))
            });
            each.chain([invite(signal, members)]).flatten().collect()
        }
        News::Rings { member } => {
            let callee = callee(call, member, None);
            post.to([signal], &Signal::CallRinging(callee))
        }
        News::Accepted { member } => {
            let callee = callee(call, member, None);
            post.to([signal], &Signal::CallAccept(callee))
        }
        News::Declined { member, reason } => {
            let said = match reason {
                RejectReason::Rejected => {
                    Signal::CallReject(callee(call, member, Some(EndReason::Rejected)))
                }
                RejectReason::Busy => Signal::CallBusy(callee(call, member, Some(EndReason::Busy))),
            };
            post.to([signal], &said)
        }
        News::Cancelled => {
            let to = post.each_callee(Channel::CallStatus, signal);
            let caller_id = call.caller.member_id().clone();
            post.to(to, &Signal::CallCancel { caller_id })
        }
        News::Ended => {
            let to = call
                .parties()
                .map(|party| Channel::CallStatus(party.member_id().clone()))
                .chain([signal]);
            let ending = call.ending();
            let by = ending.and_then(|ending| ending.by.as_ref());
            let reason = ending.map(|ending| ending.outcome.reason);
            post.to(to, &ended(call, by, reason, now_ms))
        }
        News::Joined { member } => {
            let participant = person(call, member);
            post.to([participants], &Signal::ParticipantJoined { participant })
        }
        News::Left { member } => {
            let participant_id = member.clone();
            post.to([participants], &Signal::ParticipantLeft { participant_id })
        }
        News::OverFor { member, reason, by } => {
            let to = Channel::CallStatus(member.clone());
            let reason = Some(*reason);
            post.to([to], &ended(call, by.as_ref(), reason, now_ms))
        }
        News::Flags { member, changed } => flags(member, *changed)
            .iter()
            .flat_map(|said| post.to([participants.clone()], said))
            .collect(),
        News::Updated { cause, by } => {
            let update = CallUpdate {
                change: change(call, *cause, by.as_ref(), now_ms),
            };
            let to = call
                .parties()
                .map(|party| Channel::CallUpdate(party.member_id().clone()));
            post.to(to, &Signal::CallUpdate(Box::new(update)))
        }
    }
}

/// Puts signals about one call into envelopes.
struct Post<'a> {
    call: &'a Call,
    now_ms: u64,
}

impl Post<'_> {
    fn to(&self, channels: impl IntoIterator<Item = Channel>, signal: &Signal) -> Vec<Message> {
        let message = |channel| Message {
            topic: Topic::new(&self.call.church_id, channel),
            envelope: Envelope {
                call_id: self.call.call_id.clone(),
                timestamp: Timestamp::from_unix_ms(self.now_ms),
                rev: Some(self.call.rev),
                signal: signal.clone(),
            },
            ring_until_ms: None,
        };
        channels.into_iter().map(message).collect()
    }

    /// An invite of those who are rung, with the longest ring time of theirs.
    fn invite(
        &self,
        to: Channel,
        rung: &[MemberId],
        change: Change,
        livekit_url: &str,
    ) -> Vec<Message> {
        let call = self.call;
        let rung = rung.iter().filter_map(|member| call.invitee(member));
        let until = rung.filter_map(|i| call.ring_until_ms(i)).max();
        let invite = invite(call, change, livekit_url, until);
        let mut messages = self.to([to], &Signal::CallInvite(Box::new(invite)));
        for message in &mut messages {
            message.ring_until_ms = until;
        }
        messages
    }

    /// The members' own channel of each callee, then the call's.
    fn each_callee(&self, channel: fn(MemberId) -> Channel, call: Channel) -> Vec<Channel> {
        let callees = self.call.invitees.iter();
        callees
            .map(|invitee| channel(invitee.party.member_id().clone()))
            .chain([call])
            .collect()
    }
}

/// `until_ms`: when the ring time of whom it is for ends.
fn invite(call: &Call, change: Change, livekit_url: &str, until_ms: Option<u64>) -> CallInvite {
    let now_ms = change.server_time.unix_ms();
    let callees = call.invitees.iter();
    CallInvite {
        room_name: call.room_name(),
        call_type: call.call_type,
        caller: call.caller.person.clone(),
        callee_ids: callees.map(|i| i.party.member_id().clone()).collect(),
        community_id: call.community_id.clone(),
        // Communities are named by deployed servers only.
        community_name: None,
        livekit_url: livekit_url.to_owned(),
        change: Some(change),
        ring_expires_in_ms: Some(ring_left_ms(until_ms, now_ms)),
    }
}

fn change(call: &Call, cause: Cause, by: Option<&Actor>, now_ms: u64) -> Change {
    Change {
        cause,
        by: by.map(|actor| actor.member_id.clone()),
        device_id: by.and_then(|actor| actor.device_id.clone()),
        server_time: Timestamp::from_unix_ms(now_ms),
        snapshot: snapshot(call, now_ms),
    }
}

fn ended(call: &Call, by: Option<&MemberId>, reason: Option<EndReason>, now_ms: u64) -> Signal {
    Signal::CallEnd {
        ended_by: by.map_or(BY_SERVER, MemberId::as_str).to_owned(),
        reason,
        duration_seconds: duration_seconds(call, now_ms),
    }
}

fn callee(call: &Call, member: &MemberId, reason: Option<EndReason>) -> Callee {
    Callee {
        callee_id: member.clone(),
        callee_name: person(call, member).name,
        reason,
    }
}

fn person(call: &Call, member: &MemberId) -> Person {
    let known = call.members().find(|person| person.id == *member);
    known.cloned().unwrap_or_else(|| Person {
        id: member.clone(),
        name: Default::default(),
        avatar: None,
    })
}

fn flags(member: &MemberId, changed: PatchParticipant) -> Vec<Signal> {
    let participant_id = || member.clone();
    let muted = changed.is_muted.map(|is_muted| Signal::ParticipantMuted {
        participant_id: participant_id(),
        is_muted,
    });
    let video = changed
        .is_video_enabled
        .map(|is_video_enabled| Signal::ParticipantVideo {
            participant_id: participant_id(),
            is_video_enabled,
        });
    let speaker = changed
        .is_speaker_on
        .map(|is_speaker_on| Signal::ParticipantSpeaker {
            participant_id: participant_id(),
            is_speaker_on,
        });
    [muted, video, speaker].into_iter().flatten().collect()
}

/// What part A is told of new invitees: those who are free are rung, the others are busy.
pub(super) fn called(invitees: &[Invitee], cause: Cause, by: &Actor) -> Vec<News> {
    let member = |invitee: &Invitee| invitee.party.member_id().clone();
    let (rung, busy): (Vec<_>, Vec<_>) = invitees.iter().partition(|i| i.is_pending());
    let members: Vec<_> = rung.into_iter().map(member).collect();
    let invited = (!members.is_empty()).then(|| News::Invited {
        members,
        cause,
        by: by.clone(),
    });
    let busy = busy.into_iter().map(|invitee| News::Declined {
        member: member(invitee),
        reason: RejectReason::Busy,
    });
    invited.into_iter().chain(busy).collect()
}
