//! How badly things travel.

/// How a device's messages travel. Times are in milliseconds; a `…_one_in` of 0 means never, of 1
/// always.
///
/// The default loses nothing, and takes 20 ms each way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// A request needs so long to the server.
    pub request_ms: u64,
    /// Its answer needs so long back.
    pub answer_ms: u64,
    /// A signal needs so long from the broker.
    pub signal_ms: u64,
    /// A push needs so long.
    pub push_ms: u64,
    /// A room's events, and the joining of a room, need so long.
    pub room_ms: u64,
    /// Each of them may take up to so much longer, by chance: what is sent later may come
    /// earlier. Room events keep their order.
    pub jitter_ms: u64,
    /// The device notices so late that its MQTT connection is dead; what is published meanwhile
    /// is lost.
    pub notice_ms: u64,
    /// So often a request gets lost on its way there.
    pub loses_request_one_in: u64,
    /// So often the answer gets lost on its way back.
    pub loses_answer_one_in: u64,
    /// So often something on the way loses an answer and sends the request again by itself.
    pub repeats_request_one_in: u64,
    /// So often a signal comes twice within a connection.
    pub repeats_signal_one_in: u64,
    /// So often a push is lost.
    pub loses_push_one_in: u64,
    /// So often a push comes twice.
    pub repeats_push_one_in: u64,
    /// So often a push comes late, by up to `push_delay_ms`.
    pub delays_push_one_in: u64,
    /// The most that a late push is late.
    pub push_delay_ms: u64,
}

impl Default for Link {
    fn default() -> Self {
        Self {
            request_ms: 20,
            answer_ms: 20,
            signal_ms: 20,
            push_ms: 60,
            room_ms: 10,
            jitter_ms: 0,
            notice_ms: 1_000,
            loses_request_one_in: 0,
            loses_answer_one_in: 0,
            repeats_request_one_in: 0,
            repeats_signal_one_in: 0,
            loses_push_one_in: 0,
            repeats_push_one_in: 0,
            delays_push_one_in: 0,
            push_delay_ms: 90_000,
        }
    }
}

impl Link {
    /// Something may get lost on the way between a device and the server, or take long.
    pub(crate) fn loses(&self) -> bool {
        let chances = self.loses_request_one_in + self.loses_answer_one_in;
        let ways_ms = self.request_ms + self.answer_ms + self.signal_ms + 3 * self.jitter_ms;
        chances > 0 || ways_ms + self.notice_ms > 15_000
    }

    /// The same times, and nothing goes wrong any more.
    pub(crate) fn healed(&self) -> Self {
        Self {
            request_ms: self.request_ms,
            answer_ms: self.answer_ms,
            signal_ms: self.signal_ms,
            push_ms: self.push_ms,
            room_ms: self.room_ms,
            notice_ms: self.notice_ms,
            ..Self::default()
        }
    }
}

/// What happens between the server, the broker and the media server. Units as in [`Link`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Backstage {
    /// From a commit until the publisher sends what it wrote.
    pub publish_ms: u64,
    /// From a commit until the media server carries out what follows from it.
    pub room_work_ms: u64,
    /// From what happens in a room until the server hears of it by a webhook.
    pub webhook_ms: u64,
    /// A webhook may take up to so much longer, by chance.
    pub webhook_jitter_ms: u64,
    /// So often a webhook is lost.
    pub loses_webhook_one_in: u64,
    /// So often a webhook comes twice.
    pub repeats_webhook_one_in: u64,
    /// So often the media server does not do what it is told; it is told again.
    pub fails_room_work_one_in: u64,
    /// A participant list is so old when the server reads it.
    pub list_ms: u64,
}

impl Default for Backstage {
    fn default() -> Self {
        Self {
            publish_ms: 1,
            room_work_ms: 5,
            webhook_ms: 10,
            webhook_jitter_ms: 0,
            loses_webhook_one_in: 0,
            repeats_webhook_one_in: 0,
            fails_room_work_one_in: 0,
            list_ms: 5,
        }
    }
}
