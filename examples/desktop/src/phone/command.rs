//! What a phone is told while it runs.

use faithcall::{CallType, MemberId, OtherCall};

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
    /// End the call that is going on, sign out and stop.
    Quit,
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
            | Self::Camera(_) => false,
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
            Self::Quit => "quit",
        };
        f.write_str(word)
    }
}

/// A line that is no command.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "'{0}' is no command: write call MEMBER [voice|video], accept [hold|end], reject, cancel, end, \
     invite MEMBER, leave, hold, resume, swap, rejoin, mute, unmute, camera on|off or quit"
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
            ["quit"] => Some(Self::Quit),
            _ => None,
        };
        command.ok_or_else(|| CommandError(line.trim().to_owned()))
    }
}

fn call(member: &str, call_type: CallType) -> Option<Command> {
    Some(Command::Call(member.parse().ok()?, call_type))
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
        for line in ["", "dance", "call", "call a/b", "camera", "accept x y"] {
            let error = line.parse::<Command>().unwrap_err().to_string();
            assert!(error.contains("camera on|off"), "{error}");
        }
    }
}
