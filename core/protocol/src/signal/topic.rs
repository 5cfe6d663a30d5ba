//! MQTT topics, built and parsed in one place.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::id::{CallId, ChurchId, MemberId};

/// What every topic of the contract begins with.
pub const ROOT: &str = "faithflow";

/// A topic of the contract: `faithflow/{church}/…`. In JSON it is that text.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Topic {
    /// The church that it belongs to.
    pub church: ChurchId,
    /// Which of its topics.
    pub channel: Channel,
}

/// The topics of one church.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Channel {
    /// `member/{member}/incoming_call`: invites to a member.
    IncomingCall(MemberId),
    /// `member/{member}/call_status`: part A's ends and cancels.
    CallStatus(MemberId),
    /// `member/{member}/call_update`: part B's changes.
    CallUpdate(MemberId),
    /// `call/{call}/signal`: part A's answers of callees.
    Signal(CallId),
    /// `call/{call}/participants`: part A's participants.
    Participants(CallId),
}

/// The topic is not one of the contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a topic of the contract")]
pub struct TopicError;

impl Topic {
    /// Puts a channel under a church.
    pub fn new(church: &ChurchId, channel: Channel) -> Self {
        Self {
            church: church.clone(),
            channel,
        }
    }
}

impl fmt::Display for Topic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let church = &self.church;
        match &self.channel {
            Channel::IncomingCall(m) => write!(f, "{ROOT}/{church}/member/{m}/incoming_call"),
            Channel::CallStatus(m) => write!(f, "{ROOT}/{church}/member/{m}/call_status"),
            Channel::CallUpdate(m) => write!(f, "{ROOT}/{church}/member/{m}/call_update"),
            Channel::Signal(c) => write!(f, "{ROOT}/{church}/call/{c}/signal"),
            Channel::Participants(c) => write!(f, "{ROOT}/{church}/call/{c}/participants"),
        }
    }
}

impl FromStr for Topic {
    type Err = TopicError;

    fn from_str(text: &str) -> Result<Self, TopicError> {
        let mut levels = text.split('/');
        let mut next = || levels.next().ok_or(TopicError);
        if next()? != ROOT {
            return Err(TopicError);
        }
        let church = next()?.parse().map_err(|_| TopicError)?;
        let (kind, id, leaf) = (next()?, next()?, next()?);
        if next().is_ok() {
            return Err(TopicError);
        }
        let member = || id.parse().map_err(|_| TopicError);
        let call = || id.parse().map_err(|_| TopicError);
        let channel = match (kind, leaf) {
            ("member", "incoming_call") => Channel::IncomingCall(member()?),
            ("member", "call_status") => Channel::CallStatus(member()?),
            ("member", "call_update") => Channel::CallUpdate(member()?),
            ("call", "signal") => Channel::Signal(call()?),
            ("call", "participants") => Channel::Participants(call()?),
            _ => return Err(TopicError),
        };
        Ok(Self { church, channel })
    }
}

impl TryFrom<String> for Topic {
    type Error = TopicError;

    fn try_from(text: String) -> Result<Self, TopicError> {
        text.parse()
    }
}

impl From<Topic> for String {
    fn from(topic: Topic) -> Self {
        topic.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_built_is_parsed_back() {
        let church: ChurchId = "church-1".parse().unwrap();
        for channel in [
            Channel::IncomingCall("m".parse().unwrap()),
            Channel::CallStatus("m".parse().unwrap()),
            Channel::CallUpdate("m".parse().unwrap()),
            Channel::Signal("c".parse().unwrap()),
            Channel::Participants("c".parse().unwrap()),
        ] {
            let topic = Topic::new(&church, channel);
            assert_eq!(topic.to_string().parse(), Ok(topic));
        }
    }

    #[test]
    fn whatever_else_comes_is_no_topic() {
        for bad in [
            "",
            "faithflow",
            "faithflow/c/member/m",
            "faithflow/c/member/m/other",
            "faithflow/c/member/+/incoming_call",
            "faithflow/c/member/m/incoming_call/x",
            "faithflow//member/m/incoming_call",
            "Faithflow/c/member/m/incoming_call",
            "$SYS/c/member/m/incoming_call",
        ] {
            assert_eq!(bad.parse::<Topic>(), Err(TopicError), "{bad}");
        }
    }
}
