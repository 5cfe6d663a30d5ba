//! What a part-B server knows of this installation of the app: told when the app says so, again
//! where that fails, and taken back when the member signs out.

use crate::rest::RegisterDevice;

use crate::machine::Machine;
use crate::machine::interface::input::Answer;
use crate::machine::interface::output::Request;
use crate::machine::interface::view::ServerKind;
use crate::machine::request::Purpose;
use crate::machine::timer::Timer;

#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub(in crate::machine) struct Registration {
    wanted: Option<RegisterDevice>,
    asked: Option<RegisterDevice>,
    /// What was wanted is known there, or refused for good.
    settled: bool,
    forgetting: Forgetting,
    failures: u32,
}

/// That this device is to be forgotten.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
enum Forgetting {
    #[default]
    NotAsked,
    Asked,
    Answered,
}

impl Machine {
    /// Whether a second call may ring is the configuration's to say, for both sides alike.
    pub(in crate::machine) fn register_device(&mut self, device: RegisterDevice) {
        let device = RegisterDevice {
            call_waiting: self.config.call_waiting,
            ..device
        };
        self.registration.wanted = Some(device);
        self.registration.settled = false;
        self.registration.failures = 0;
        self.timers.clear(Timer::RegisterRetry);
    }

    pub(in crate::machine) fn tell_device(&mut self) {
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
        let device_id = self.config.device.clone();
        self.request(Purpose::Register, Request::Register { device_id, body });
    }

    pub(in crate::machine) fn device_told(&mut self, answer: &Answer) {
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

    /// Signing out: no push of this member's comes here any more, also where an earlier process of
    /// the app registered the device; a server of which nothing is known yet is asked too. Asked once;
    /// `true` where there is no answer to wait for.
    pub(in crate::machine) fn forget_device(&mut self) -> bool {
        let may_know = self.server != Some(ServerKind::PartA);
        if self.registration.forgetting == Forgetting::NotAsked && may_know {
            self.registration.forgetting = Forgetting::Asked;
            let device_id = self.config.device.clone();
            self.request(Purpose::Forget, Request::Forget { device_id });
        }
        self.registration.forgetting != Forgetting::Asked
    }

    pub(in crate::machine) fn device_forgotten(&mut self) {
        self.registration.forgetting = Forgetting::Answered;
    }
}
