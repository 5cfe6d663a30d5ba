//! What is kept of calls that are over: the history, its sums, and what members say of it.

use serde::{Deserialize, Serialize};

use crate::end::{CallStatus, EndReason, lenient_reason};
use crate::id::{CallId, MemberId};
use crate::media::CallType;
use crate::redact::Personal;
use crate::timestamp::Timestamp;

/// One line of the call history.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct CallHistoryItem {
    /// Which call.
    pub call_id: CallId,
    /// Voice or video.
    pub call_type: CallType,
    /// How it stands, usually over.
    pub status: CallStatus,
    /// Who called.
    pub caller_id: MemberId,
    /// Its display name.
    pub caller_name: Personal,
    /// Its picture.
    pub caller_avatar: Option<Personal>,
    /// Who was called.
    pub callee_ids: Vec<MemberId>,
    /// Their display names.
    pub callee_names: Vec<Personal>,
    /// When it was made.
    pub initiated_at: Timestamp,
    /// Whole seconds of conversation.
    pub duration_seconds: u64,
    /// Why it is over. A word of a later version reads as `None`.
    #[serde(default, deserialize_with = "lenient_reason")]
    pub end_reason: Option<EndReason>,
    /// The reader was called.
    pub is_incoming: bool,
}

impl CallHistoryItem {
    /// The reader was called, and nobody answered for it: it rang out, or the caller gave up.
    pub fn is_missed(&self) -> bool {
        let unanswered = self.end_reason.is_some_and(EndReason::is_unanswered);
        self.is_incoming && (self.status == CallStatus::Missed || unanswered)
    }
}

/// Answer to `GET /history`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct HistoryPage {
    /// Newest first.
    pub calls: Vec<CallHistoryItem>,
    /// How many there are on all pages.
    pub total: u64,
    /// This page, from 1.
    pub page: u32,
    /// Lines a page.
    pub page_size: u32,
    /// There is another page.
    pub has_more: bool,
}

/// Answer to `GET /stats`: the reader's calls that began in the last days and are over.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct CallStats {
    /// All of them.
    pub total_calls: u64,
    /// Whole seconds of conversation in all of them.
    pub total_duration_seconds: u64,
    /// Voice calls.
    pub voice_calls: u64,
    /// Video calls.
    pub video_calls: u64,
    /// Those that the reader missed; see [`CallHistoryItem::is_missed`].
    pub missed_calls: u64,
    /// Seconds of conversation of a call that had any.
    pub average_duration_seconds: f64,
}

/// The best rating of a [`CallFeedback`]; the worst is 1.
pub const MAX_RATING: u8 = 5;
/// Most issues that one [`CallFeedback`] names.
pub const MAX_FEEDBACK_ISSUES: usize = 16;
/// Longest word for an issue, in characters.
pub const MAX_FEEDBACK_ISSUE_CHARS: usize = 64;
/// Longest comment, in characters.
pub const MAX_FEEDBACK_COMMENT_CHARS: usize = 2_000;

/// Body of `POST /{id}/feedback` (part B): what a member who took part says of a call that is over.
/// A later one replaces it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallFeedback {
    /// From 1 to [`MAX_RATING`].
    pub rating: u8,
    /// What was wrong, in the app's own words, such as `echo`: [`MAX_FEEDBACK_ISSUES`] at most, each
    /// of 1 to [`MAX_FEEDBACK_ISSUE_CHARS`] characters.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub issues: Vec<String>,
    /// Anything else; [`MAX_FEEDBACK_COMMENT_CHARS`] at most.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<Personal>,
}
