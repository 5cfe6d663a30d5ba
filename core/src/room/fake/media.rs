//! How sound and pictures move through a room in memory.

use super::{
    server::Room,
    stay::{Feed, Stay, Track},
};
use crate::room::{
    AudioFrame, FRAME_SAMPLES, RoomEvent, SpeakerSink, VideoFrame, VideoQuality, VideoSink,
};
use std::sync::Arc;

/// Media on its way to a sink, handed over when the state is no longer locked.
pub(super) enum Delivery {
    Sound(Arc<dyn SpeakerSink>, String, Box<AudioFrame>),
    Picture(Arc<dyn VideoSink>, String, VideoFrame),
}

impl Delivery {
    /// Gives the sink what came for it.
    pub(super) fn hand_over(self) {
        match self {
            Self::Sound(speaker, identity, frame) => speaker.write(&identity, &*frame),
            Self::Picture(screen, identity, frame) => screen.frame(&identity, frame),
        }
    }
}

/// Takes 10 ms of sound and a picture of everybody, and adds what the others get of them.
pub(super) fn forward(room: &mut Room, deliveries: &mut Vec<Delivery>) {
    for captured in captured(room) {
        let others = room
            .iter_mut()
            .filter(|(other, _)| **other != captured.identity);
        for (_, stay) in others {
            receive(stay, &captured, deliveries);
        }
    }
}

/// What one participant sends in 10 ms.
struct Captured {
    identity: String,
    /// What its listeners hear: zeros while it is muted, as a decoder fills them in.
    sound: Option<AudioFrame>,
    /// Whether the sound really went out.
    sound_sent: bool,
    picture: Option<VideoFrame>,
}

/// What everybody sends in these 10 ms.
fn captured(room: &mut Room) -> Vec<Captured> {
    let capture = |(identity, stay): (&String, &mut Stay)| {
        let mut frame = [0; FRAME_SAMPLES];
        let sound_sent = match &mut stay.microphone {
            Feed::Silence => true,
            Feed::Device(device) => {
                device.read(&mut frame);
                true
            }
            Feed::Nothing => false,
        };
        let published = stay.tracks.contains_key(&Track::Microphone);
        let picture = stay.camera.as_mut().and_then(|camera| camera.read());
        let picture = match stay.video_quality {
            VideoQuality::Full => picture,
            VideoQuality::Lowered => picture.map(VideoFrame::halved),
        };
        stay.stats.audio.packets_sent += u64::from(sound_sent);
        stay.stats.video.packets_sent += u64::from(picture.is_some());
        Captured {
            identity: identity.clone(),
            sound: published.then_some(frame),
            sound_sent,
            picture,
        }
    };
    room.iter_mut().map(capture).collect()
}

/// What one participant receives of another in these 10 ms.
fn receive(stay: &mut Stay, captured: &Captured, deliveries: &mut Vec<Delivery>) {
    if !stay.receives() {
        return;
    }
    stay.stats.audio.packets_received += u64::from(captured.sound_sent);
    stay.stats.video.packets_received += u64::from(captured.picture.is_some());
    let identity = &captured.identity;
    if captured.sound_sent || captured.picture.is_some() {
        stay.count(identity);
    }
    if !stay.playable.contains(identity) {
        return;
    }
    if let Some(frame) = &captured.sound {
        let is_loud = frame.iter().any(|sample| *sample != 0);
        if is_loud && stay.is_first(identity, Track::Microphone) {
            stay.tell(RoomEvent::FirstAudio {
                identity: identity.clone(),
            });
        }
        let speaker = Arc::clone(&stay.devices.speaker);
        deliveries.push(Delivery::Sound(speaker, identity.clone(), Box::new(*frame)));
    }
    if let Some(frame) = &captured.picture {
        if stay.is_first(identity, Track::Camera) {
            stay.tell(RoomEvent::FirstVideo {
                identity: identity.clone(),
            });
        }
        let screen = Arc::clone(&stay.devices.screen);
        deliveries.push(Delivery::Picture(screen, identity.clone(), frame.clone()));
    }
}
