//! What a part-B server knows of this installation of the app: told when the app says so, again
//! where that fails, and taken back when the member signs out.

use crate::rest::RegisterDevice;

use super::Machine;
use super::input::Answer;
use super::output::Request;
use super::request::Purpose;
use super::timer::Timer;

#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub(super) struct Registration {
    wanted: Option<RegisterDevice>,
    asked: Option<RegisterDevice>,
    /// What was wanted is known there, or refused for good.
    settled: bool,
    /// Something is, or may be, known there.
    known: bool,
    /// Signing out waits for its end.
    forgetting: bool,
    failures: u32,
}

impl Registration {
    pub(super) fn is_forgetting(&self) -> bool {
        self.forgetting
    }
}

impl Machine {
    /// Whether a second call may ring is the configuration's to say, for both sides alike.
    pub(super) fn register_device(&mut self, device: RegisterDevice) {
        let device = RegisterDevice {
            call_waiting: self.config.call_waiting,
            ..device
        };
        self.registration.wanted = Some(device);
        self.registration.settled = false;
        self.registration.failures = 0;
        self.timers.clear(Timer::RegisterRetry);
    }

    pub(super) fn tell_device(&mut self) {
        let Some(body) = self.registration.wanted.clone() else {
            return;
        };
        if self.registration.settled
            || !self.speaks_part_b()
            || self.timers.runs(Timer::RegisterRetry)
            || self.awaits(Purpose::Register).is_some()
        {
            return;
        }
        self.registration.asked = Some(body.clone());
        self.registration.known = true;
        let device_id = self.config.device.clone();
        self.request(Purpose::Register, Request::Register { device_id, body });
    }

    pub(super) fn device_told(&mut self, answer: &Answer) {
        let registration = &mut self.registration;
        let is_this = registration.asked == registration.wanted;
        match &answer.result {
            Err(failure) if failure.is_for_now() => {
                registration.failures += 1;
                let at = self.retry_at(self.registration.failures, failure);
                self.timers.set(Timer::RegisterRetry, at);
            }
            // Refused: asking again would not help.
            Ok(_) | Err(_) => registration.settled = is_this,
        }
    }

    /// Signing out: no push of this member's comes here any more.
    pub(super) fn forget_device(&mut self) {
        if self.registration.known {
            self.registration.forgetting = true;
            let device_id = self.config.device.clone();
            self.request(Purpose::Forget, Request::Forget { device_id });
        }
    }

    pub(super) fn device_forgotten(&mut self) {
        self.registration.forgetting = false;
    }
}
