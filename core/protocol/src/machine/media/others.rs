//! The others' microphones and cameras, as they arrive here.

use crate::id::MemberId;

use crate::machine::Machine;
use crate::machine::interface::event::Event;
use crate::machine::interface::input::MediaSource;
use crate::machine::interface::output::Output;
use crate::machine::state::Leg;

impl Machine {
    /// The others' microphones and cameras: the room's tracks, of a part-A app also its flags.
    pub(in crate::machine) fn watch_others_media(&mut self) {
        let Some(call) = self.call.as_mut().filter(|call| call.is_accepted()) else {
            return;
        };
        let Some(leg) = call.room.leg.as_ref() else {
            return;
        };
        let playable = &call.room.playable;
        for other in &mut call.others {
            let member = &other.who.member_id;
            let microphone = is_on(leg, playable, member, MediaSource::Microphone)
                && !(other.flags_count && other.told_muted);
            let camera = is_on(leg, playable, member, MediaSource::Camera)
                && (!other.flags_count || other.told_video);
            let changed = [
                (MediaSource::Microphone, microphone, other.microphone),
                (MediaSource::Camera, camera, other.camera),
            ];
            other.microphone = microphone;
            other.camera = camera;
            for (source, on, was) in changed {
                if on != was {
                    self.out.push(Output::Event(Event::PeerMediaChanged {
                        call_id: call.id.clone(),
                        member: member.clone(),
                        source,
                        on,
                    }));
                }
            }
        }
    }

    pub(in crate::machine) fn first_media(&mut self, identity: &str, source: MediaSource) {
        let now = self.now;
        let first = self.call.as_mut().and_then(|call| {
            let mut playable = call.room.playable.iter();
            let (_, member) = playable.find(|(playable, _)| playable == identity)?;
            let first = match source {
                MediaSource::Microphone => &mut call.timings.first_audio_ms,
                MediaSource::Camera => &mut call.timings.first_frame_ms,
            };
            first.get_or_insert(now);
            Some((call.id.clone(), member.clone()))
        });
        if let Some((call_id, member)) = first {
            self.out.push(Output::Event(Event::FirstMedia {
                call_id,
                member,
                source,
            }));
        }
    }
}

fn is_on(
    leg: &Leg,
    playable: &[(String, MemberId)],
    member: &MemberId,
    source: MediaSource,
) -> bool {
    leg.tracks.iter().any(|track| {
        track.source == source
            && !track.muted
            && playable
                .iter()
                .any(|(identity, whose)| whose == member && *identity == track.identity)
    })
}
