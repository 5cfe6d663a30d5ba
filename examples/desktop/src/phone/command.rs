//! What a phone is told while it runs.

use faithcall::{CallType, MediaSource, MemberId, OtherCall};

/// One line of standard input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Command {
    /// Call somebody.
    Call(MemberId, CallType),
    /// Take the call that rings, and hold or end the other one.
    Accept(Option<OtherCall>),
    /// Decline it.
    Reject,
    /// Take one's own call back.
    Cancel,
    /// Hang up.
    End,
    /// Call somebody into the call.
    Invite(MemberId),
    /// Leave a group.
    Leave,
    /// Hold the call.
    Hold,
    /// Go on with the one that is held.
    Resume,
    /// Hold the one, go on with the other.
    Swap,
    /// Come back into the call of a phone that died.
    Rejoin,
    /// Microphone on or off.
    Microphone(bool),
    /// Camera on or off.
    Camera(bool),
    /// Loudspeaker or earpiece.
    Speaker(bool),
    /// As if the device were on another network now.
    Network,
    /// As if the system took the microphone, or gave it back.
    Interruption(Interruption),
    /// As if the user gave or took the permission to use a device.
    Permission(MediaSource, bool),
    /// Tell a page of the calls that are over.
    History(u32),
    /// End the call that is going on, sign out and stop.
    Quit,
}

/// What becomes of an interruption.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Interruption {
    Began,
    Ended,
}

impl Command {
    /// It does what the phone would have done by itself, or makes that pointless.
    pub(super) fn settles_call(&self) -> bool {
        match self {
            Self::Accept(_)
            | Self::Reject
            | Self::Cancel
            | Self::End
            | Self::Leave
            | Self::Quit => true,
            Self::Call(..)
            | Self::Invite(_)
            | Self::Hold
            | Self::Resume
            | Self::Swap
            | Self::Rejoin
            | Self::Microphone(_)
            | Self::Camera(_)
            | Self::Speaker(_)
            | Self::Network
            | Self::Interruption(_)
            | Self::Permission(..)
            | Self::History(_) => false,
        }
    }
}

impl std::fmt::Display for Command {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let word = match self {
            Self::Call(member, CallType::Voice) => return write!(f, "call {member} voice"),
            Self::Call(member, CallType::Video) => return write!(f, "call {member} video"),
            Self::Invite(member) => return write!(f, "invite {member}"),
            Self::Accept(None) => "accept",
            Self::Accept(Some(OtherCall::Hold)) => "accept hold",
            Self::Accept(Some(OtherCall::End)) => "accept end",
            Self::Leave => "leave",
            Self::Hold => "hold",
            Self::Resume => "resume",
            Self::Swap => "swap",
            Self::Rejoin => "rejoin",
            Self::Reject => "reject",
            Self::Cancel => "cancel",
            Self::End => "end",
            Self::Microphone(false) => "mute",
            Self::Microphone(true) => "unmute",
            Self::Camera(true) => "camera on",
            Self::Camera(false) => "camera off",
            Self::Speaker(true) => "speaker on",
            Self::Speaker(false) => "speaker off",
            Self::Network => "network changed",
            Self::Interruption(Interruption::Began) => "interruption began",
            Self::Interruption(Interruption::Ended) => "interruption ended",
            Self::Permission(MediaSource::Microphone, true) => "permission microphone given",
            Self::Permission(MediaSource::Microphone, false) => "permission microphone taken",
            Self::Permission(MediaSource::Camera, true) => "permission camera given",
            Self::Permission(MediaSource::Camera, false) => "permission camera taken",
            Self::History(page) => return write!(f, "history {page}"),
            Self::Quit => "quit",
        };
        f.write_str(word)
    }
}

/// A line that is no command.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "'{0}' is no command: write call MEMBER [voice|video], accept [hold|end], reject, cancel, end, \
     invite MEMBER, leave, hold, resume, swap, rejoin, mute, unmute, camera on|off, \
     speaker on|off, network changed, interruption began|ended, permission microphone|camera \
     given|taken, history, history PAGE or quit"
)]
pub(super) struct CommandError(String);

impl std::str::FromStr for Command {
    type Err = CommandError;

    fn from_str(line: &str) -> Result<Self, CommandError> {
        let words: Vec<&str> = line.split_whitespace().collect();
        let command = match words.as_slice() {
            ["call", member] | ["call", member, "voice"] => call(member, CallType::Voice),
            ["call", member, "video"] => call(member, CallType::Video),
            ["accept"] => Some(Self::Accept(None)),
            ["accept", "hold"] => Some(Self::Accept(Some(OtherCall::Hold))),
            ["accept", "end"] => Some(Self::Accept(Some(OtherCall::End))),
            ["invite", member] => member.parse().ok().map(Self::Invite),
            ["leave"] => Some(Self::Leave),
            ["hold"] => Some(Self::Hold),
            ["resume"] => Some(Self::Resume),
            ["swap"] => Some(Self::Swap),
            ["rejoin"] => Some(Self::Rejoin),
            ["reject"] => Some(Self::Reject),
            ["cancel"] => Some(Self::Cancel),
            ["end"] => Some(Self::End),
            ["mute"] => Some(Self::Microphone(false)),
            ["unmute"] => Some(Self::Microphone(true)),
            ["camera", "on"] => Some(Self::Camera(true)),
            ["camera", "off"] => Some(Self::Camera(false)),
            ["speaker", "on"] => Some(Self::Speaker(true)),
            ["speaker", "off"] => Some(Self::Speaker(false)),
            ["network", "changed"] => Some(Self::Network),
            ["interruption", "began"] => Some(Self::Interruption(Interruption::Began)),
            ["interruption", "ended"] => Some(Self::Interruption(Interruption::Ended)),
            ["permission", source, change] => permission(source, change),
            ["history"] => Some(Self::History(1)),
            ["history", page] => page.parse().ok().map(Self::History),
            ["quit"] => Some(Self::Quit),
            _ => None,
        };
        command.ok_or_else(|| CommandError(line.trim().to_owned()))
    }
}

fn call(member: &str, call_type: CallType) -> Option<Command> {
    Some(Command::Call(member.parse().ok()?, call_type))
}

fn permission(source: &str, change: &str) -> Option<Command> {
    let source = match source {
        "microphone" => MediaSource::Microphone,
        "camera" => MediaSource::Camera,
        _ => return None,
    };
    let allowed = match change {
        "given" => true,
        "taken" => false,
        _ => return None,
    };
    Some(Command::Permission(source, allowed))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_is_read() {
        let ben: MemberId = "ben".parse().unwrap();
        for (line, command) in [
            ("call ben", Command::Call(ben.clone(), CallType::Voice)),
            (
                "  call  ben video ",
                Command::Call(ben.clone(), CallType::Video),
            ),
            ("accept", Command::Accept(None)),
            ("accept hold", Command::Accept(Some(OtherCall::Hold))),
            ("accept end", Command::Accept(Some(OtherCall::End))),
            ("invite ben", Command::Invite(ben)),
            ("leave", Command::Leave),
            ("hold", Command::Hold),
            ("resume", Command::Resume),
            ("swap", Command::Swap),
            ("rejoin", Command::Rejoin),
            ("reject", Command::Reject),
            ("cancel", Command::Cancel),
            ("end", Command::End),
            ("mute", Command::Microphone(false)),
            ("unmute", Command::Microphone(true)),
            ("camera on", Command::Camera(true)),
            ("camera off", Command::Camera(false)),
            ("speaker on", Command::Speaker(true)),
            ("speaker off", Command::Speaker(false)),
            ("network changed", Command::Network),
            (
                "interruption began",
                Command::Interruption(Interruption::Began),
            ),
            (
                "interruption ended",
                Command::Interruption(Interruption::Ended),
            ),
            (
                "permission microphone given",
                Command::Permission(MediaSource::Microphone, true),
            ),
            (
                "permission microphone taken",
                Command::Permission(MediaSource::Microphone, false),
            ),
            (
                "permission camera given",
                Command::Permission(MediaSource::Camera, true),
            ),
            (
                "permission camera taken",
                Command::Permission(MediaSource::Camera, false),
            ),
            ("history", Command::History(1)),
            ("history 3", Command::History(3)),
            ("quit", Command::Quit),
        ] {
            assert_eq!(command.to_string().parse(), Ok(command.clone()));
            assert_eq!(line.parse(), Ok(command), "{line}");
        }
    }

    #[test]
    fn a_mute_leaves_what_was_planned() {
        for (line, settles) in [("accept", true), ("end", true), ("mute", false)] {
            assert_eq!(line.parse::<Command>().unwrap().settles_call(), settles);
        }
    }

    #[test]
    fn anything_else_is_answered_with_what_there_is() {
        for line in [
            "",
            "dance",
            "call",
            "call a/b",
            "camera",
            "accept x y",
            "history one",
            "permission ear given",
        ] {
            let error = line.parse::<Command>().unwrap_err().to_string();
            assert!(error.contains("camera on|off"), "{error}");
        }
    }
}
