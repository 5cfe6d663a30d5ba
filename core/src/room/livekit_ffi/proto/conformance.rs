//! Compares the hand-written messages with the descriptors that LiveKit ships.
//!
//! The wheel that brings the library also brings `livekit/rtc/_proto/*_pb2.py`, each with one
//! serialized `FileDescriptorProto` inside; the cache folder keeps them in `_proto/` beside the
//! library.

use super::{
    AudioSourceType, AudioStreamType, ConnectionQuality, DisconnectReason, LogLevel,
    SimulateScenarioKind, TrackKind, TrackSource, VideoBufferType, VideoCodec, VideoRotation,
    VideoSourceType, VideoStreamType, audio, ffi, participant, room, stats, track, video,
};
use crate::room::livekit_ffi::library;
use prost::Message as _;
use prost_types::{DescriptorProto, EnumDescriptorProto, FileDescriptorProto};
use std::{collections::BTreeMap, fs, path::Path};

/// A message type's name in the protocol; empty for a scalar.
pub(in crate::room::livekit_ffi) trait Named {
    const NAME: &'static str;
}

impl<T: Named> Named for Option<T> {
    const NAME: &'static str = T::NAME;
}

impl<T: Named> Named for Vec<T> {
    const NAME: &'static str = T::NAME;
}

macro_rules! scalars {
    ($($scalar:ty),*) => { $(impl Named for $scalar { const NAME: &'static str = ""; })* };
}
scalars!(String, bool, u32, u64, i32, i64, f64);

/// A message as it is written here.
#[derive(Debug)]
pub(in crate::room::livekit_ffi) struct MessageShape {
    pub(super) name: &'static str,
    pub(super) fields: Vec<FieldShape>,
}

/// A field as it is written here.
#[derive(Debug)]
pub(in crate::room::livekit_ffi) struct FieldShape {
    pub(super) name: &'static str,
    pub(super) number: i32,
    pub(super) label: &'static str,
    pub(super) kind: &'static str,
    pub(super) message: &'static str,
    pub(super) enumeration: Option<&'static str>,
}

impl FieldShape {
    /// One line that says all that must agree.
    fn line(&self) -> String {
        let name = self.name.trim_start_matches("r#");
        let kind = match (self.enumeration, self.kind) {
            (Some(enumeration), "int32") => format!("enum {enumeration}"),
            (Some(enumeration), other) => format!("{other} that says enum {enumeration}"),
            (None, "message") => format!("message {}", self.message),
            (None, scalar) => scalar.to_owned(),
        };
        format!("{} {kind} {name} = {}", self.label, self.number)
    }
}

/// The lines of every message, and the values of every enumeration, by full name.
#[derive(Default)]
struct Descriptors {
    messages: BTreeMap<String, Vec<String>>,
    enumerations: BTreeMap<String, Vec<(String, i32)>>,
}

impl Descriptors {
    fn read(folder: &Path) -> Self {
        let mut all = Self::default();
        let files = fs::read_dir(folder).unwrap_or_else(|error| {
            panic!(
                "{}: {error}: `cargo xtask test` puts the descriptors there",
                folder.display()
            )
        });
        for file in files {
            let path = file.unwrap().path();
            if path.to_string_lossy().ends_with("_pb2.py") {
                let file = FileDescriptorProto::decode(&*serialized(&path)).unwrap();
                file.message_type
                    .iter()
                    .for_each(|message| all.add_message("", message));
                file.enum_type
                    .iter()
                    .for_each(|enumeration| all.add_enumeration("", enumeration));
            }
        }
        all
    }

    fn add_message(&mut self, outer: &str, message: &DescriptorProto) {
        let name = format!("{outer}{}", message.name());
        let lines = message.field.iter().map(|field| {
            let label = match field.label() as i32 {
                1 => "optional",
                2 => "required",
                _ => "repeated",
            };
            let named = field.type_name().trim_start_matches(".livekit.proto.");
            let kind = match field.r#type().as_str_name() {
                "TYPE_ENUM" => format!("enum {named}"),
                "TYPE_MESSAGE" => format!("message {named}"),
                scalar => scalar.trim_start_matches("TYPE_").to_lowercase(),
            };
            format!("{label} {kind} {} = {}", field.name(), field.number())
        });
        self.messages.insert(name.clone(), lines.collect());
        let inside = format!("{name}.");
        message
            .nested_type
            .iter()
            .for_each(|nested| self.add_message(&inside, nested));
        message
            .enum_type
            .iter()
            .for_each(|nested| self.add_enumeration(&inside, nested));
    }

    fn add_enumeration(&mut self, outer: &str, enumeration: &EnumDescriptorProto) {
        let values = enumeration
            .value
            .iter()
            .map(|v| (v.name().to_owned(), v.number()));
        self.enumerations
            .insert(format!("{outer}{}", enumeration.name()), values.collect());
    }
}

/// The bytes of `AddSerializedFile(b'…')` in a Python module.
fn serialized(path: &Path) -> Vec<u8> {
    let text = fs::read_to_string(path).unwrap();
    let (_, rest) = text
        .split_once("AddSerializedFile(b'")
        .expect("a serialized descriptor");
    let mut bytes = Vec::new();
    let mut characters = rest.chars();
    loop {
        let character = characters.next().expect("the literal's end");
        bytes.push(match character {
            '\'' => return bytes,
            '\\' => match characters.next().expect("an escaped character") {
                'x' => {
                    let digits: String = characters.by_ref().take(2).collect();
                    u8::from_str_radix(&digits, 16).unwrap()
                }
                'n' => b'\n',
                'r' => b'\r',
                't' => b'\t',
                other => {
                    assert!(
                        other.is_ascii_punctuation(),
                        "an escape unknown to this test: {other}"
                    );
                    other as u8
                }
            },
            plain => plain as u8,
        });
    }
}

fn written_here() -> Vec<MessageShape> {
    [
        audio::shapes(),
        ffi::shapes(),
        participant::shapes(),
        room::shapes(),
        stats::shapes(),
        track::shapes(),
        video::shapes(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

#[test]
fn every_message_is_as_livekit_describes_it() {
    let theirs = Descriptors::read(&library::cache_folder().unwrap().join("_proto"));
    let mut differences = Vec::new();
    for message in written_here() {
        let Some(lines) = theirs.messages.get(message.name) else {
            differences.push(format!("{} does not exist", message.name));
            continue;
        };
        for field in &message.fields {
            let line = field.line();
            if !lines.contains(&line) {
                differences.push(format!("{}: {line}", message.name));
            }
        }
    }
    assert!(
        differences.is_empty(),
        "not in LiveKit's descriptors:\n{}",
        differences.join("\n")
    );
}

#[test]
fn every_enumeration_is_as_livekit_describes_it() {
    let theirs = Descriptors::read(&library::cache_folder().unwrap().join("_proto"));
    let ours = [
        (AudioSourceType::NAME, AudioSourceType::VALUES),
        (AudioStreamType::NAME, AudioStreamType::VALUES),
        (ConnectionQuality::NAME, ConnectionQuality::VALUES),
        (DisconnectReason::NAME, DisconnectReason::VALUES),
        (LogLevel::NAME, LogLevel::VALUES),
        (SimulateScenarioKind::NAME, SimulateScenarioKind::VALUES),
        (TrackKind::NAME, TrackKind::VALUES),
        (TrackSource::NAME, TrackSource::VALUES),
        (VideoBufferType::NAME, VideoBufferType::VALUES),
        (VideoCodec::NAME, VideoCodec::VALUES),
        (VideoRotation::NAME, VideoRotation::VALUES),
        (VideoSourceType::NAME, VideoSourceType::VALUES),
        (VideoStreamType::NAME, VideoStreamType::VALUES),
    ];
    for (name, values) in ours {
        let known = theirs
            .enumerations
            .get(name)
            .unwrap_or_else(|| panic!("{name} is unknown"));
        for (value, number) in values {
            assert!(
                known.contains(&((*value).to_owned(), *number)),
                "{name}.{value} = {number}"
            );
        }
    }
}
