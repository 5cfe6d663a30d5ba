//! What goes wrong in a world, by its name.

/// One kind of trouble that a world makes. Counted each time that it happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Fault {
    /// A request was lost on its way to the server.
    RequestLost,
    /// The server did what was asked, and its answer was lost.
    AnswerLost,
    /// The server saw one request twice.
    RequestRepeated,
    /// A signal came twice.
    SignalRepeated,
    /// A signal overtook one that was published before it.
    SignalReordered,
    /// A signal was lost with its connection.
    SignalLost,
    /// A device's MQTT connection was cut.
    SignalsCut,
    /// A device could not reach the server.
    RequestsCut,
    /// A device could not reach the media server.
    RoomCut,
    /// A session in a room was lost for good, and had to be made again.
    RoomLost,
    /// A session in a room was gone for a moment.
    RoomHiccup,
    /// A push was late.
    PushLate,
    /// A push was lost.
    PushLost,
    /// A push came twice.
    PushRepeated,
    /// A device's process was killed.
    DeviceKilled,
    /// A device's process was started again.
    DeviceStarted,
    /// The server's process was killed.
    ServerKilled,
    /// The server's process was killed between a commit and its publishing.
    ServerKilledUnpublished,
    /// After a restart the server published again what it had published before.
    Republished,
    /// The broker was restarted, and forgot every session.
    BrokerRestarted,
    /// The media server was restarted, and forgot every room.
    MediaRestarted,
    /// The media server refused everybody for a while.
    MediaRefused,
    /// The media server did not do what the server told it.
    RoomWorkFailed,
    /// A webhook was late.
    WebhookLate,
    /// A webhook was lost.
    WebhookLost,
    /// A webhook came twice.
    WebhookRepeated,
    /// A device's token expired, and its app had no other for a while.
    TokenExpired,
    /// A device's clock was wrong by hours.
    ClockWrong,
}
