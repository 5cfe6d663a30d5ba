//! A call that seems to be over: the server is asked how, for a moment, before it is shown.

use crate::end::{EndCause, Outcome};

use crate::machine::Machine;
use crate::machine::ending::over::{by_myself, found_in, told};
use crate::machine::interface::input::{Answer, Reply};
use crate::machine::interface::output::Request;
use crate::machine::request::Purpose;
use crate::machine::state::{IfAlive, LastWord, Parting, Phase};
use crate::machine::timer::{LAST_WORD_MS, Timer};

impl Machine {
    /// The call seems to be over: the server is asked, and if it does not say in time, `guess`
    /// is shown.
    pub(in crate::machine) fn await_last_word(
        &mut self,
        guess: Outcome,
        farewell: Option<Parting>,
        if_alive: IfAlive,
    ) {
        let Some(call) = self.call.as_mut() else {
            return;
        };
        if let Some(word) = call.last_word.as_mut() {
            // A bound that passes meanwhile counts, also where the call would go on.
            if if_alive > word.if_alive {
                *word = LastWord {
                    guess,
                    farewell,
                    if_alive,
                };
            }
            return;
        }
        call.last_word = Some(LastWord {
            guess,
            farewell,
            if_alive,
        });
        self.timers.set(Timer::LastWord, self.now + LAST_WORD_MS);
        self.look();
    }

    /// The server did not say how the call ended.
    pub(in crate::machine) fn no_last_word(&mut self) {
        let Some(word) = self.call.as_mut().and_then(|call| call.last_word.take()) else {
            return;
        };
        self.end_call(
            by_myself(word.guess, None),
            Some(word.farewell.unwrap_or(Parting::Ask)),
        );
    }

    /// The server says that the call is still there.
    pub(in crate::machine) fn call_is_alive(&mut self) {
        let Some(call) = self.call.as_mut() else {
            return;
        };
        match call.last_word.as_ref().map(|word| word.if_alive) {
            None => {}
            Some(IfAlive::GoOn) => {
                call.last_word = None;
                self.timers.clear(Timer::LastWord);
            }
            Some(IfAlive::EndIfAlone) if call.may_be_joined() => {
                call.last_word = None;
                self.timers.clear(Timer::LastWord);
                self.wait_for_others();
            }
            Some(IfAlive::EndIfAlone | IfAlive::EndAnyway) => self.no_last_word(),
        }
    }

    /// The server does not know the call, or knows it as over without saying how.
    pub(in crate::machine) fn call_is_gone(&mut self) {
        let guess = self.guess();
        if self.speaks_part_b() {
            self.end_call(told(guess, None), None);
            return;
        }
        let Some(call) = self.call.as_mut() else {
            return;
        };
        // Only the history knows why.
        if let Some(word) = call.last_word.as_mut() {
            word.farewell = None;
        } else {
            call.last_word = Some(LastWord {
                guess,
                farewell: None,
                if_alive: IfAlive::EndAnyway,
            });
        }
        self.timers
            .set_no_later(Timer::LastWord, self.now + LAST_WORD_MS);
        if self.awaits(Purpose::History).is_none() {
            self.request(Purpose::History, Request::History);
        }
    }

    /// How a call that is gone most probably ended.
    pub(in crate::machine) fn guess(&self) -> Outcome {
        let active = self
            .call
            .as_ref()
            .is_some_and(|call| matches!(call.phase, Phase::Active { .. }));
        if active {
            EndCause::HangUp.outcome()
        } else {
            EndCause::RingDeadline.outcome()
        }
    }

    pub(in crate::machine) fn history_brought(&mut self, answer: Answer) {
        let Some(call) = self.call.as_ref() else {
            return;
        };
        if let Ok(Reply::History(page)) = answer.result
            && let Some(outcome) = found_in(&page, &call.id)
        {
            self.end_call(told(outcome, None), None);
        } else if call.last_word.is_some() {
            self.no_last_word();
        }
    }
}
