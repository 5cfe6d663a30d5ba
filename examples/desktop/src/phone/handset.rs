//! A signed-in phone: the call core, made-up devices, and what to do by itself.

use std::sync::Arc;
use std::time::Duration;

use faithcall::room::Devices;
use faithcall::room::livekit_ffi::LiveKitFfi;
use faithcall::{
    CallClient, CallId, CallState, CallType, Config, ConnectError, Event, FixedToken, MemberId,
    News, Platform, RegisterDevice, RejectReason, RejectScope, TlsError, TraceSink,
};
use serde_json::{Value, json};
use tokio::time::Instant;

use super::args::{CameraKind, OnInvite, PhoneArgs, Switch};
use super::command::{Command, CommandError, Interruption};
use super::devices::{PatternCamera, PlayedMicrophone, Screen, Speaker, add_label};
use super::event;
use super::history;
use super::journal::Journal;
use super::run::PhoneError;
use crate::media::sound::Sound;

/// Whether the phone goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Then {
    GoOn,
    Stop,
}

/// What the phone does by itself, when the time has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Deed {
    Answer,
    HangUp,
}

pub(super) struct Handset {
    args: PhoneArgs,
    journal: Journal,
    client: CallClient,
    speaker: Arc<Speaker>,
    screen: Arc<Screen>,
    call: Option<CallId>,
    plan: Option<(Instant, Deed)>,
}

impl Handset {
    /// Loads the media library and signs in. Whether broker and server are reached is told by
    /// `online` and `offline` lines.
    pub(super) async fn sign_in(args: PhoneArgs, journal: Journal) -> Result<Self, PhoneError> {
        let sound = Sound::parse(&args.play)?;
        let snapshots = args.snapshots.clone();
        let screen = Screen::new(snapshots, journal.clone()).map_err(PhoneError::Snapshots)?;
        let screen = Arc::new(screen);
        let speaker = Arc::new(Speaker::new(args.record.clone(), journal.clone()));
        let device = match &args.device {
            Some(device) => device.to_string(),
            None => uuid::Uuid::new_v4().to_string(),
        };
        let number = match args.camera {
            CameraKind::Pattern => Some(camera_number(&device)),
            CameraKind::Off => None,
        };
        let devices = Devices {
            microphone: Arc::new(PlayedMicrophone::new(sound, journal.clone())),
            speaker: speaker.clone(),
            camera: Arc::new(PatternCamera::new(number, journal.clone())),
            screen: screen.clone(),
        };
        let engine = LiveKitFfi::new(args.media_library.as_deref(), devices)?;
        let mut config = Config::new(&args.api, &args.broker, &device)?
            .join_ahead(args.join_ahead == Switch::On)
            .call_waiting(args.call_waiting == Switch::On)
            .ring_time(Duration::from_secs(args.ring_seconds));
        if let Some(url) = &args.livekit_url {
            config = config.livekit_url(url)?;
        }
        if let Some(file) = &args.ca {
            let pem = std::fs::read(file).map_err(|why| PhoneError::ca_unreadable(file, why))?;
            config = config.extra_root(pem);
        }
        if let Some(file) = &args.trace {
            config = config.trace(TraceSink::file(file).map_err(PhoneError::Trace)?);
        }
        let token = FixedToken::new(args.token.clone());
        let connected = CallClient::connect(config, token, Arc::new(engine)).await;
        let client = connected.map_err(|error| match (&args.ca, error) {
            (Some(file), ConnectError::Tls(TlsError::BadRoot | TlsError::UnusableRoot)) => {
                PhoneError::ca_useless(file)
            }
            _ => error.into(),
        })?;
        journal.tell(
            "signed_in",
            json!({ "member": client.member(), "device": device, "camera": number }),
        );
        let handset = Self {
            args,
            journal,
            client,
            speaker,
            screen,
            call: None,
            plan: None,
        };
        if handset.args.call_waiting == Switch::On {
            handset.register().await;
        }
        Ok(handset)
    }

    /// Tells the server that a second call may ring here: it lets one through to nobody else.
    async fn register(&self) {
        let device = RegisterDevice {
            platform: Platform::Desktop,
            push_token: None,
            push_kind: None,
            call_waiting: true,
            device_key: None,
        };
        if let Err(error) = self.client.register_device(device).await {
            self.refused(&error);
        }
    }

    /// Ends what is going on, and writes the recording.
    pub(super) async fn sign_out(&self) -> Result<(), PhoneError> {
        self.client.disconnect().await;
        while let Some(event) = self.client.next_event().await {
            self.tell(&event.news);
        }
        self.speaker.finish()?;
        Ok(())
    }

    pub(super) async fn news(&self) -> Option<News> {
        self.client.next_event().await.map(|event| event.news)
    }

    /// When [`Handset::act`] wants to be called.
    pub(super) fn due(&self) -> Option<Instant> {
        self.plan.map(|(due, _)| due)
    }

    /// Makes the call of the command line.
    ///
    /// # Errors
    /// It is refused, and with `--exit-after-call` there is nothing left to wait for.
    pub(super) async fn dial_as_told(&self) -> Result<(), PhoneError> {
        if self.args.call.is_empty() {
            return Ok(());
        }
        match self.dial(&self.args.call, self.args.call_type.into()).await {
            Err(error) if self.args.exit_after_call => Err(PhoneError::Dial(error)),
            Err(error) => {
                self.refused(&error);
                Ok(())
            }
            Ok(()) => Ok(()),
        }
    }

    async fn dial(
        &self,
        callees: &[MemberId],
        call_type: CallType,
    ) -> Result<(), faithcall::CommandError> {
        self.client.start_call(callees, call_type).await.map(drop)
    }

    /// Tells what happened, and plans what follows from it.
    pub(super) fn hear(&mut self, news: News) -> Result<Then, PhoneError> {
        self.tell(&news);
        let News::Call(event) = news else {
            return Ok(Then::GoOn);
        };
        match event {
            Event::Outgoing { call_id, .. } => self.begin(call_id),
            Event::Incoming { call_id, .. } => {
                if self.call.is_none() {
                    self.begin(call_id);
                }
                if self.args.on_invite != OnInvite::Ignore {
                    self.plan(self.args.answer_after_ms, Deed::Answer);
                }
            }
            Event::CallIdChanged { to, .. } => self.call = Some(to),
            Event::Connecting { .. } => self.plan = None,
            Event::Active { .. } => {
                if let Some(after_ms) = self.args.hang_up_after_ms {
                    self.plan(after_ms, Deed::HangUp);
                }
            }
            Event::Ended { call_id, .. } if self.call.as_ref() == Some(&call_id) => {
                self.call = self.call_where(|state| !matches!(state, CallState::Ended(_)));
                if self.call.is_some() {
                    return Ok(Then::GoOn);
                }
                self.plan = None;
                self.speaker.finish()?;
                if self.args.exit_after_call {
                    return Ok(Then::Stop);
                }
            }
            _ => {}
        }
        Ok(Then::GoOn)
    }

    /// Does what was planned.
    pub(super) async fn act(&mut self) -> Then {
        let deed = self.plan.take().map(|(_, deed)| deed);
        match (deed, self.args.on_invite) {
            (Some(Deed::HangUp), _) => self.carry_out(Command::End).await,
            (Some(Deed::Answer), OnInvite::Accept) => self.carry_out(Command::Accept(None)).await,
            (Some(Deed::Answer), OnInvite::Reject) => self.carry_out(Command::Reject).await,
            (Some(Deed::Answer), OnInvite::Busy) => self.reject(RejectReason::Busy).await,
            (Some(Deed::Answer), OnInvite::Ignore) | (None, _) => {}
        }
        Then::GoOn
    }

    /// Does what a line of standard input says.
    pub(super) async fn obey(&mut self, command: Result<Command, CommandError>) -> Then {
        match command {
            Ok(Command::Quit) => Then::Stop,
            Ok(command) => {
                if command.settles_call() {
                    self.plan = None;
                }
                self.carry_out(command).await;
                Then::GoOn
            }
            Err(error) => {
                self.refused(&error);
                Then::GoOn
            }
        }
    }

    async fn carry_out(&mut self, command: Command) {
        self.journal
            .tell("command", json!({ "command": command.to_string() }));
        let call = match &command {
            Command::Accept(_) => self.ringing(),
            Command::Resume => self.call_where(|state| *state == CallState::Held),
            Command::Rejoin => self.client.state().rejoinable.map(|call| call.call_id),
            _ => self.call.clone(),
        };
        let done = match (command, call) {
            (Command::Call(callee, call_type), _) => self.dial(&[callee], call_type).await,
            (Command::Quit, _) => Ok(()),
            (Command::Microphone(on), _) => self.client.set_microphone(on).await,
            (Command::Camera(on), _) => self.client.set_camera(on).await,
            (Command::Speaker(on), _) => self.client.set_speaker(on).await,
            (Command::Network, _) => {
                self.client.network_changed();
                Ok(())
            }
            (Command::Interruption(Interruption::Began), _) => {
                self.client.interruption_began();
                Ok(())
            }
            (Command::Interruption(Interruption::Ended), _) => {
                self.client.interruption_ended();
                Ok(())
            }
            (Command::Permission(source, allowed), _) => {
                self.client.permission_changed(source, allowed);
                Ok(())
            }
            (Command::History(page), _) => {
                self.tell_history(page).await;
                Ok(())
            }
            (Command::Accept(None), Some(call)) => self.client.accept(&call).await,
            (Command::Accept(Some(other)), Some(call)) => {
                self.client.accept_and(&call, other).await
            }
            (Command::Invite(member), Some(call)) => self.client.invite(&call, &[member]).await,
            (Command::Leave, Some(call)) => self.client.leave(&call).await,
            (Command::Hold, Some(call)) => self.client.hold(&call).await,
            (Command::Resume, Some(call)) => self.client.resume(&call).await,
            (Command::Swap, _) => self.client.swap().await,
            (Command::Rejoin, Some(call)) => {
                let done = self.client.rejoin(&call).await;
                if done.is_ok() {
                    self.begin(call);
                }
                done
            }
            (Command::Cancel, Some(call)) => self.client.cancel(&call).await,
            (Command::End, Some(call)) => self.client.end(&call).await,
            (Command::Reject, Some(_)) => {
                self.reject(RejectReason::Rejected).await;
                Ok(())
            }
            (_, None) => Err(faithcall::CommandError::NoSuchCall),
        };
        if let Err(error) = done {
            self.refused(&error);
        }
    }

    /// Tells a page of the calls that are over.
    async fn tell_history(&self, page: u32) {
        match self.client.history(page, history::LINES, None).await {
            Ok(page) => self.journal.tell("history", history::fields(&page)),
            Err(error) => self.refused(&error),
        }
    }

    async fn reject(&self, reason: RejectReason) {
        let Some(call) = self.ringing() else {
            return;
        };
        if let Err(error) = self.client.reject(&call, reason, RejectScope::Member).await {
            self.refused(&error);
        }
    }

    /// Tells what was received in the second that is over.
    pub(super) fn tell_second(&self) -> Then {
        let heard = self.speaker.second();
        let seen = self.screen.second();
        let Some((frames, loudest_db)) = heard else {
            return Then::GoOn;
        };
        if frames > 0 || seen.pictures > 0 {
            let mut fields = json!({
                "sound_frames": frames,
                "loudest_db": loudest_db.round(),
                "pictures": seen.pictures,
                "unreadable": seen.unreadable,
            });
            add_label(&mut fields, seen.label);
            self.journal.tell("media", fields);
        }
        Then::GoOn
    }

    /// The call that rings, if only as the second.
    fn ringing(&self) -> Option<CallId> {
        self.call_where(|state| matches!(state, CallState::Incoming { .. }))
    }

    fn call_where(&self, of: impl Fn(&CallState) -> bool) -> Option<CallId> {
        let view = self.client.state();
        let mut calls = view.call.into_iter().chain(view.others);
        calls.find(|call| of(&call.state)).map(|call| call.call_id)
    }

    fn begin(&mut self, call: CallId) {
        self.call = Some(call);
        self.speaker.begin();
    }

    fn plan(&mut self, after_ms: u64, deed: Deed) {
        self.plan = Some((Instant::now() + Duration::from_millis(after_ms), deed));
    }

    fn tell(&self, news: &News) {
        let (event, fields) = match news {
            News::Call(event) => event::line(event),
            News::LinkUp => ("online", json!({})),
            News::LinkDown(None) => ("offline", json!({})),
            News::LinkDown(Some(error)) => ("offline", message(error)),
            News::RoomFailed(error) => ("room_failed", message(error)),
            News::Lost(events) => ("lost", json!({ "events": events })),
        };
        self.journal.tell(event, fields);
    }

    fn refused(&self, error: &dyn std::error::Error) {
        self.journal.tell("refused", message(error));
    }
}

fn message(error: &dyn std::error::Error) -> Value {
    json!({ "message": error.to_string() })
}

/// A number for the camera of a device, nearly always another for another device.
fn camera_number(device: &str) -> u8 {
    device.bytes().fold(7, |number: u8, byte| {
        number.wrapping_mul(31).wrapping_add(byte)
    })
}
