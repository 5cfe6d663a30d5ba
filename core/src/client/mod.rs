//! The public face: a member's phone.

mod config;
mod error;
mod events;
mod records;

pub use config::{Config, ConfigError};
pub use error::{CommandError, ConnectError, PushRefused};
pub use events::{ClientEvent, News};

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use faithcall_protocol::id::{CallId, MemberId};
use faithcall_protocol::machine::{
    Command, Machine, MachineConfig, MediaSource, OtherCall, SystemChange, View,
};
use faithcall_protocol::media::CallType;
use faithcall_protocol::push::{Push, PushFields};
use faithcall_protocol::rest::{RegisterDevice, RejectReason, RejectScope};
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::{Instant, timeout};
use uuid::Uuid;

use crate::driver::{Ask, Driver, LEAVE_TIMEOUT, Ports};
use crate::rest::Http;
use crate::room::RoomEngine;
use crate::signaling::{MqttConfig, MqttSignaling};
use crate::tls;
use crate::token::{TokenProvider, Tokens};
use crate::trace::Trace;
use events::Events;

/// Events that wait to be read by the link's reader.
const LINK_QUEUE: usize = 256;

/// A member's phone on one device: makes and takes calls, and tells what happens.
///
/// All methods take `&self` and may be called from any task, from a [`TokenProvider`] too. A
/// command returns when it was accepted or refused here; what the server makes of it is told by
/// events. Dropping a command's future does not take the command back. Dropping the client signs
/// out in the background, which takes the device back at the server too: no push comes until it is
/// registered again. [`CallClient::disconnect`] waits for it. A process that a push has woken
/// keeps its client for as long as it lives.
///
/// Needs a tokio runtime with time and I/O, and keeps its tasks on the one that `connect` ran on.
pub struct CallClient {
    me: MemberId,
    began: Instant,
    asks: mpsc::UnboundedSender<Ask>,
    view: watch::Receiver<View>,
    events: Arc<Events>,
    http: Arc<Http>,
    /// The app has asked to sign out.
    leaving: AtomicBool,
}

impl CallClient {
    /// Signs in: asks the provider for a token, then connects to server and broker in the
    /// background and keeps doing so until [`CallClient::disconnect`].
    ///
    /// Returns as soon as there is a token, also without a network: whether the broker is reached
    /// is told by [`News::LinkUp`] and [`News::LinkDown`].
    ///
    /// # Errors
    /// [`ConnectError`], each case with what to do about it.
    pub async fn connect(
        config: Config,
        tokens: impl TokenProvider,
        engine: Arc<dyn RoomEngine>,
    ) -> Result<Self, ConnectError> {
        let tls = tls::client_config(&config.extra_roots)?;
        let tokens = Tokens::start(Arc::new(tokens)).await?;
        let identity = tokens.present().identity;
        let http = Http::new(
            config.api,
            tls.clone(),
            config.device.clone(),
            tokens.clone(),
        );
        let http = Arc::new(http.ok_or(ConnectError::NoHttp)?);
        let (tell_link, link) = mpsc::channel(LINK_QUEUE);
        let signaling = MqttSignaling::start(
            MqttConfig {
                broker: config.broker,
                tls: Arc::new(tls),
                device: config.device.clone(),
            },
            tokens.clone(),
            tell_link,
        );
        let machine = Machine::new(MachineConfig {
            join_ahead: config.join_ahead,
            call_waiting: config.call_waiting,
            part_a_ring_ms: config.part_a_ring_ms,
            ..MachineConfig::new(
                identity.member,
                identity.church,
                config.device,
                // Every reader of JSON holds so much without loss.
                fastrand::u64(..1 << 53),
            )
        });
        let ports = Ports {
            rest: Arc::<Http>::clone(&http),
            signaling: Arc::new(signaling),
            link,
            engine,
            livekit_url: config.livekit_url,
        };
        let trace = config
            .trace
            .and_then(|sink| Trace::start(sink, machine.config()));
        Ok(Self::start(machine, ports, trace, http, tokens))
    }

    /// Starts the loop over ports that are there already.
    fn start(
        machine: Machine,
        ports: Ports,
        trace: Option<Trace>,
        http: Arc<Http>,
        tokens: Tokens,
    ) -> Self {
        let me = machine.config().me.clone();
        let began = Instant::now();
        let (asks, asked) = mpsc::unbounded_channel();
        let (publish_view, view) = watch::channel(machine.state());
        let events = Events::new();
        let teller = events.teller();
        let signed_in = Driver::run(
            machine,
            ports,
            trace,
            asked,
            publish_view,
            began,
            move |told| teller.tell(told),
        );
        tokio::spawn(async move {
            signed_in.await;
            tokens.stop();
        });
        Self {
            me,
            began,
            asks,
            view,
            events,
            http,
            leaving: AtomicBool::new(false),
        }
    }

    /// The member whose phone this is.
    pub fn member(&self) -> &MemberId {
        &self.me
    }

    /// Calls a member, or several: a group. Valid when no call is going on but one that is held;
    /// ended by whatever ends a call, at the latest by the server's ring time (45 s) where nobody
    /// answers.
    ///
    /// Returns the call's id at once. Events follow: `Outgoing`, `Placed`, `RemoteRinging`, then
    /// `Connecting` and `Active`, or `Ended`; in a group `InviteeChanged` for each. The microphone will be on, the camera in a video
    /// call.
    ///
    /// # Errors
    /// [`CommandError::NoCallee`], [`CommandError::AlreadyInCall`], [`CommandError::SelfCall`],
    /// [`CommandError::SignedOut`].
    pub async fn start_call(
        &self,
        callees: &[MemberId],
        call_type: CallType,
    ) -> Result<CallId, CommandError> {
        let call_id = CallId::from_random(Uuid::new_v4().as_u128());
        self.command(Command::StartCall {
            call_id: call_id.clone(),
            callees: callees.to_vec(),
            call_type,
        })
        .await?;
        Ok(call_id)
    }

    /// Takes an incoming call. Valid while it rings here, and without a connection too: it is
    /// carried out when there is one, while the ring lasts. `Connecting` follows, or `Ended`, or
    /// `CommandFailed`. Where it turned out that this device is in the call already
    /// (`Rejoinable`), it is [`CallClient::rejoin`].
    ///
    /// # Errors
    /// [`CommandError::NoSuchCall`], [`CommandError::WrongState`], [`CommandError::AlreadyInCall`]
    /// where another one goes on that is not held, [`CommandError::SignedOut`].
    pub async fn accept(&self, call_id: &CallId) -> Result<(), CommandError> {
        self.command(Command::Accept {
            call_id: call_id.clone(),
            other: None,
        })
        .await
    }

    /// Takes an incoming call, and holds or ends the one that the user is in. Otherwise like
    /// [`CallClient::accept`]. If the accept fails, the other one stays held, or ended.
    ///
    /// # Errors
    /// As [`CallClient::accept`]; to hold, also [`CommandError::AlreadyHolding`], and
    /// [`CommandError::WrongState`] while nobody has accepted the other one.
    pub async fn accept_and(&self, call_id: &CallId, other: OtherCall) -> Result<(), CommandError> {
        self.command(Command::Accept {
            call_id: call_id.clone(),
            other: Some(other),
        })
        .await
    }

    /// Refuses an incoming call. Valid while it rings here. With [`RejectScope::Device`] only
    /// this device stops ringing, and the member's others go on. Where this device is in the call
    /// already, from before the app was started, it hangs up, and leaves a group.
    ///
    /// # Errors
    /// As [`CallClient::accept`].
    pub async fn reject(
        &self,
        call_id: &CallId,
        reason: RejectReason,
        scope: RejectScope,
    ) -> Result<(), CommandError> {
        self.command(Command::Reject {
            call_id: call_id.clone(),
            reason,
            scope,
        })
        .await
    }

    /// Takes an outgoing call back. Valid while nobody has accepted, and, because a tap can cross
    /// the accept, until it is over: then it hangs up.
    ///
    /// # Errors
    /// As [`CallClient::accept`].
    pub async fn cancel(&self, call_id: &CallId) -> Result<(), CommandError> {
        self.command(Command::Cancel {
            call_id: call_id.clone(),
        })
        .await
    }

    /// The one red button. Valid in every state of a call that is not over: takes an outgoing
    /// call back, refuses an incoming one, hangs up. The end is shown at once, and the server is
    /// told for up to a minute if it does not answer.
    ///
    /// # Errors
    /// [`CommandError::NoSuchCall`], [`CommandError::SignedOut`].
    pub async fn end(&self, call_id: &CallId) -> Result<(), CommandError> {
        self.command(Command::End {
            call_id: call_id.clone(),
        })
        .await
    }

    /// Calls further members into a call, which becomes a group. Valid for the caller and for who
    /// accepted, until it is over. `InviteeChanged` follows for each, or `CommandFailed`.
    ///
    /// # Errors
    /// As [`CallClient::accept`]; [`CommandError::NoCallee`], [`CommandError::SelfCall`],
    /// [`CommandError::NotOnThisServer`].
    pub async fn invite(&self, call_id: &CallId, callees: &[MemberId]) -> Result<(), CommandError> {
        self.command(Command::Invite {
            call_id: call_id.clone(),
            callees: callees.to_vec(),
        })
        .await
    }

    /// Leaves a group, which goes on without this member; a call of two ends. Valid while
    /// connecting or active.
    ///
    /// # Errors
    /// As [`CallClient::accept`].
    pub async fn leave(&self, call_id: &CallId) -> Result<(), CommandError> {
        self.command(Command::Leave {
            call_id: call_id.clone(),
        })
        .await
    }

    /// Holds a call: microphone and camera off, nothing is played, the others are told. Valid while
    /// it is connecting or active and no other is held. `HoldChanged` follows at once, and
    /// `CommandFailed` if the server refuses: then it is not held.
    ///
    /// # Errors
    /// As [`CallClient::accept`]; [`CommandError::AlreadyHolding`].
    pub async fn hold(&self, call_id: &CallId) -> Result<(), CommandError> {
        self.command(Command::Hold {
            call_id: call_id.clone(),
        })
        .await
    }

    /// Ends the hold. Valid while it is held, and the user is in no other call.
    ///
    /// # Errors
    /// As [`CallClient::accept`].
    pub async fn resume(&self, call_id: &CallId) -> Result<(), CommandError> {
        self.command(Command::Resume {
            call_id: call_id.clone(),
        })
        .await
    }

    /// Holds the call that the user is in, and resumes the one that is held.
    ///
    /// # Errors
    /// [`CommandError::NoSuchCall`] unless there are both, [`CommandError::WrongState`] while
    /// nobody has accepted the first, [`CommandError::SignedOut`].
    pub async fn swap(&self) -> Result<(), CommandError> {
        self.command(Command::Swap).await
    }

    /// Comes back into a call that an earlier process of this app was in, on this device. Valid
    /// while [`View::rejoinable`] names it, for 15 s; [`CallClient::end`] declines it. Who was
    /// muted, without a picture or on hold still is.
    ///
    /// # Errors
    /// [`CommandError::NoSuchCall`], [`CommandError::AlreadyInCall`], [`CommandError::SignedOut`].
    pub async fn rejoin(&self, call_id: &CallId) -> Result<(), CommandError> {
        self.command(Command::Rejoin {
            call_id: call_id.clone(),
        })
        .await
    }

    /// Turns the microphone on or off. Valid while there is a call; before it is accepted, it is
    /// the wish for then. `MediaChanged` or `MediaFailed` follows once in the room; what stands in
    /// the way of a wish is in [`CallView::microphone`](faithcall_protocol::machine::CallView).
    /// Off closes the device. On also tries again what stood in the way: an interruption, a missing
    /// permission, a device in use.
    ///
    /// # Errors
    /// [`CommandError::NoSuchCall`], [`CommandError::SignedOut`].
    pub async fn set_microphone(&self, on: bool) -> Result<(), CommandError> {
        self.command(Command::SetMicrophone(on)).await
    }

    /// Turns the camera on or off; otherwise like [`CallClient::set_microphone`]. A poor connection
    /// may lower the picture or turn it off meanwhile (`PictureChanged`), and brings it back; off
    /// and on by the user begins with the whole picture.
    ///
    /// # Errors
    /// As [`CallClient::set_microphone`].
    pub async fn set_camera(&self, on: bool) -> Result<(), CommandError> {
        self.command(Command::SetCamera(on)).await
    }

    /// Tells the server what this device is and where pushes for it go. Valid always; carried out
    /// once the server is reached, and taken back by [`CallClient::disconnect`]. Call it after each
    /// `connect`, and when the push token changes. Its `call_waiting` is that of [`Config`].
    ///
    /// # Errors
    /// [`CommandError::SignedOut`].
    pub async fn register_device(&self, device: RegisterDevice) -> Result<(), CommandError> {
        self.command(Command::RegisterDevice(device)).await
    }

    /// Chooses the loudspeaker or the earpiece, whatever the kind of call suggests; the layer that
    /// can ask the system for it follows [`audio_route`](faithcall_protocol::machine::audio_route).
    /// Valid while there is a call. The server is told.
    ///
    /// # Errors
    /// As [`CallClient::set_microphone`].
    pub async fn set_speaker(&self, on: bool) -> Result<(), CommandError> {
        self.command(Command::SetSpeaker(on)).await
    }

    /// Tells that the device is on another network, has another address, or wakes from sleep: on
    /// most systems no time passes here meanwhile, so that a ring would go on where it stopped until
    /// the server is heard. Broker, server and media server are reached anew at once; a call goes
    /// on, and is shown as reconnecting only while the media server is really away. Valid always;
    /// without effect after `disconnect`.
    pub fn network_changed(&self) {
        self.system(SystemChange::NetworkChanged);
    }

    /// Tells that the system has taken the microphone, as for a phone call. Until
    /// [`CallClient::interruption_ended`], or until the user turns microphone or camera on, or no
    /// call goes on any more, both are off, and the others are told so; what the user wants stays
    /// what it was. Valid always, also before a call; without effect after `disconnect`.
    pub fn interruption_began(&self) {
        self.system(SystemChange::InterruptionBegan);
    }

    /// Tells that the system has given the microphone back: what the user wants is on again, and
    /// what something else was using is tried again. Valid always; without effect after
    /// `disconnect`.
    pub fn interruption_ended(&self) {
        self.system(SystemChange::InterruptionEnded);
    }

    /// Tells that the user has given or taken the permission to use the microphone or camera. What
    /// is wanted and was only waiting for it is on then. Valid always; without effect after
    /// `disconnect`.
    pub fn permission_changed(&self, source: MediaSource, allowed: bool) {
        self.system(SystemChange::PermissionChanged { source, allowed });
    }

    /// Takes the payload of a push, and returns at once what a system's call screen needs.
    /// Synchronous, touches no network; `Incoming` follows, or `PushWithoutRing`. Where a late push
    /// has started the app again, which was in that very call, `Rejoinable` follows once the server
    /// is heard, and takes the ring back.
    ///
    /// Before there is a client, [`Push::parse`] reads a payload the same way; hand it over here
    /// after `connect`.
    ///
    /// # Errors
    /// [`PushRefused`]: leave the push to the app's other handlers, or drop it.
    pub fn handle_push(&self, fields: &PushFields) -> Result<Push, PushRefused> {
        let push = Push::parse(fields)?;
        if !push.is_for(&self.me) {
            return Err(PushRefused::OtherMember);
        }
        if self.is_signed_out() {
            return Err(PushRefused::SignedOut);
        }
        self.asks
            .send(Ask::Push(push.clone()))
            .map_err(|_| PushRefused::SignedOut)?;
        Ok(push)
    }

    /// All that is to be shown now: every call with this device's microphone and camera, everybody
    /// in it, how good each connection is and
    /// [how long](faithcall_protocol::machine::CallDuration) it has been active; and how the last one
    /// ended. What to sound and where are pure functions of it:
    /// [`alerting`](faithcall_protocol::machine::alerting),
    /// [`audio_route`](faithcall_protocol::machine::audio_route). Its times count on
    /// [`CallClient::clock_ms`].
    pub fn state(&self) -> View {
        self.view.borrow().clone()
    }

    /// The clock of [`CallClient::state`], in milliseconds; goes only forward, and means
    /// nothing outside this client.
    pub fn clock_ms(&self) -> u64 {
        u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    /// Waits for the next event; `None` after the member has signed out and all were read.
    ///
    /// Events from before the first call of this method are kept and marked as `replayed`. Each
    /// event is given to one caller only. Dropping the future loses nothing.
    pub async fn next_event(&self) -> Option<ClientEvent> {
        self.events.next().await
    }

    /// Signs out: ends or leaves what is going on, tells the server, disconnects. Takes three
    /// seconds at most, reached server or not. A second call waits for the first.
    pub async fn disconnect(&self) {
        self.leaving.store(true, Ordering::Release);
        let (answer, _) = oneshot::channel();
        // Where the loop is over already, there is nothing to wait for.
        let _ = self.asks.send(Ask::Command(Command::Disconnect, answer));
        let mut view = self.view.clone();
        // The loop drops its end when it is over.
        let over = async { while view.changed().await.is_ok() {} };
        if timeout(LEAVE_TIMEOUT, over).await.is_err() {
            tracing::warn!("signing out goes on in the background");
        }
    }

    /// Also while the loop still says its goodbyes: what it is told then counts no more.
    fn is_signed_out(&self) -> bool {
        self.leaving.load(Ordering::Acquire) || self.asks.is_closed()
    }

    fn system(&self, change: SystemChange) {
        // Where the loop is over there are no devices to care for.
        let _ = self.asks.send(Ask::System(change));
    }

    async fn command(&self, command: Command) -> Result<(), CommandError> {
        let (answer, answered) = oneshot::channel();
        self.asks
            .send(Ask::Command(command, answer))
            .map_err(|_| CommandError::SignedOut)?;
        match answered.await {
            Ok(result) => result.map_err(CommandError::from),
            Err(_) => Err(CommandError::SignedOut),
        }
    }
}
