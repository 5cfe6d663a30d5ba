//! What goes wrong at a server, or comes in an unlucky order. Not a habit: off unless a test asks.

use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::{Barrier, Notify};

/// One trouble.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// The first create is carried out, and its answer never comes.
    LosesCreateAnswer,
    /// The first accept is carried out, and its answer never comes.
    LosesAcceptAnswer,
    /// The first create is answered only after its call has been accepted.
    AnswersCreateLate,
    /// The first create is carried out only when a second one has come.
    CreatesMeet,
}

/// The trouble of one server, and how far it is.
pub(super) struct Troubles {
    trouble: Option<Trouble>,
    is_over: AtomicBool,
    accepted: Notify,
    creates: Barrier,
}

impl Troubles {
    pub(super) fn new(trouble: Option<Trouble>) -> Self {
        Self {
            trouble,
            is_over: AtomicBool::new(false),
            accepted: Notify::new(),
            creates: Barrier::new(2),
        }
    }

    /// A create has come.
    pub(super) async fn before_create(&self) {
        let meet = self.trouble == Some(Trouble::CreatesMeet);
        if meet && !self.is_over.load(Ordering::SeqCst) {
            self.creates.wait().await;
            self.is_over.store(true, Ordering::SeqCst);
        }
    }

    /// A create has been carried out, and is not answered yet.
    pub(super) async fn after_create(&self) {
        if self.strikes(Trouble::AnswersCreateLate) {
            self.accepted.notified().await;
        }
        if self.strikes(Trouble::LosesCreateAnswer) {
            std::future::pending::<()>().await;
        }
    }

    /// An accept has been carried out, and is not answered yet.
    pub(super) async fn after_accept(&self) {
        self.accepted.notify_one();
        if self.strikes(Trouble::LosesAcceptAnswer) {
            std::future::pending::<()>().await;
        }
    }

    /// True the first time.
    fn strikes(&self, trouble: Trouble) -> bool {
        self.trouble == Some(trouble) && !self.is_over.swap(true, Ordering::SeqCst)
    }
}
