//! Holds the present token; one task asks the provider, so that nobody asks twice at once.

use std::sync::Arc;
use std::time::Duration;

use faithcall_protocol::redact::Secret;
use tokio::sync::{Notify, mpsc, oneshot, watch};
use tokio::time::{Instant, sleep_until, timeout};

use super::{Identity, TokenError, TokenProvider, TokenReason, identity};

/// A provider that takes longer has failed.
const PROVIDER_TIMEOUT: Duration = Duration::from_secs(10);
/// A refresh ahead of expiry that failed, or brought the same token, is repeated after this.
const REFRESH_AGAIN: Duration = Duration::from_secs(15);
/// No token, however short its life, is refreshed more often.
const REFRESH_AT_MOST_EVERY: Duration = Duration::from_secs(1);

/// The present token.
#[derive(Debug, Clone)]
pub(crate) struct Token {
    pub(crate) secret: Secret,
    pub(crate) identity: Identity,
    /// Raised with each new token, so that who was refused says which token was.
    pub(crate) generation: u64,
}

/// The present token and the way to a newer one. Clones share both; the keeper's task ends with
/// the last of them, or when one of them stops it.
#[derive(Debug, Clone)]
pub(crate) struct Tokens {
    present: watch::Receiver<Token>,
    asks: mpsc::Sender<Ask>,
    stop: Arc<Notify>,
}

#[derive(Debug)]
enum Ask {
    Newer {
        than: u64,
        answer: oneshot::Sender<Result<Token, TokenError>>,
    },
    ServerTime {
        date_ms: u64,
    },
}

impl Tokens {
    /// Asks the provider for the first token and starts keeping it.
    pub(crate) async fn start(provider: Arc<dyn TokenProvider>) -> Result<Self, TokenError> {
        let secret = ask(&*provider, TokenReason::SignIn).await?;
        let token = Token {
            identity: identity(&secret)?,
            secret,
            generation: 0,
        };
        let (publish, present) = watch::channel(token);
        let (asks, inbox) = mpsc::channel(64);
        let stop = Arc::new(Notify::new());
        tokio::spawn(
            Keeper {
                provider,
                publish,
                inbox,
                stop: Arc::clone(&stop),
                adopted_at: Instant::now(),
                server_time: None,
                not_before: Instant::now(),
            }
            .run(),
        );
        Ok(Self {
            present,
            asks,
            stop,
        })
    }

    /// Signed out: the provider is let go of, and the present token stays the last.
    pub(crate) fn stop(&self) {
        self.stop.notify_one();
    }

    /// The present token.
    pub(crate) fn present(&self) -> Token {
        self.present.borrow().clone()
    }

    /// Waits until a token newer than `generation` is there. Pends forever once no keeper is left.
    pub(crate) async fn newer_than(&self, generation: u64) -> Token {
        let mut present = self.present.clone();
        let newer = present.wait_for(|token| token.generation > generation);
        match newer.await.map(|token| token.clone()) {
            Ok(token) => token,
            Err(_) => std::future::pending().await,
        }
    }

    /// A token newer than the one refused: the provider is asked once, however many callers wait.
    pub(crate) async fn replace(&self, refused: u64) -> Result<Token, TokenError> {
        let (answer, answered) = oneshot::channel();
        let ask = Ask::Newer {
            than: refused,
            answer,
        };
        if self.asks.send(ask).await.is_err() {
            return Err(TokenError::Unavailable);
        }
        answered.await.unwrap_or(Err(TokenError::Unavailable))
    }

    /// Tells what an answer's `Date` said just now. A token's life is measured by that clock,
    /// never by this machine's.
    pub(crate) fn server_time(&self, date_ms: u64) {
        // A full queue has a fresher one in it soon.
        let _ = self.asks.try_send(Ask::ServerTime { date_ms });
    }
}

async fn ask(provider: &dyn TokenProvider, reason: TokenReason) -> Result<Secret, TokenError> {
    match timeout(PROVIDER_TIMEOUT, provider.token(reason)).await {
        Ok(given) => given,
        Err(_) => Err(TokenError::Unavailable),
    }
}

struct Keeper {
    provider: Arc<dyn TokenProvider>,
    publish: watch::Sender<Token>,
    inbox: mpsc::Receiver<Ask>,
    stop: Arc<Notify>,
    adopted_at: Instant,
    server_time: Option<(u64, Instant)>,
    not_before: Instant,
}

impl Keeper {
    async fn run(mut self) {
        loop {
            let refresh_at = self.refresh_at();
            tokio::select! {
                () = self.stop.notified() => return,
                ask = self.inbox.recv() => match ask {
                    None => return,
                    Some(Ask::ServerTime { date_ms }) => {
                        self.server_time = Some((date_ms, Instant::now()));
                    }
                    Some(Ask::Newer { than, answer }) => {
                        let result = self.newer(than).await;
                        let failed = result.as_ref().err().copied();
                        // Whoever has gone away needs no answer.
                        let _ = answer.send(result);
                        if let Some(error) = failed {
                            self.fail_waiting(error);
                        }
                    }
                },
                () = sleep_until(refresh_at.unwrap_or_else(Instant::now)), if refresh_at.is_some() => {
                    if let Err(error) = self.fetch(TokenReason::Expiring).await {
                        tracing::warn!(%error, "the token was not refreshed");
                        self.not_before = Instant::now() + REFRESH_AGAIN;
                    }
                }
            }
        }
    }

    async fn newer(&mut self, than: u64) -> Result<Token, TokenError> {
        let present = self.publish.borrow().clone();
        if present.generation > than {
            return Ok(present);
        }
        self.fetch(TokenReason::Refused).await
    }

    /// Those who asked while the provider failed get the same answer, not an attempt each.
    fn fail_waiting(&mut self, error: TokenError) {
        while let Ok(ask) = self.inbox.try_recv() {
            match ask {
                Ask::Newer { answer, .. } => {
                    let _ = answer.send(Err(error));
                }
                Ask::ServerTime { date_ms } => {
                    self.server_time = Some((date_ms, Instant::now()));
                }
            }
        }
    }

    async fn fetch(&mut self, reason: TokenReason) -> Result<Token, TokenError> {
        let secret = ask(&*self.provider, reason).await?;
        let fresh = identity(&secret)?;
        let present = self.publish.borrow().clone();
        if (&fresh.member, &fresh.church) != (&present.identity.member, &present.identity.church) {
            return Err(TokenError::OtherMember);
        }
        let now = Instant::now();
        if secret == present.secret {
            return match reason {
                TokenReason::Refused => Err(TokenError::SignedOut),
                TokenReason::SignIn | TokenReason::Expiring => {
                    self.not_before = now + REFRESH_AGAIN;
                    Ok(present)
                }
            };
        }
        let token = Token {
            secret,
            identity: fresh,
            generation: present.generation + 1,
        };
        self.adopted_at = now;
        self.not_before = now + REFRESH_AT_MOST_EVERY;
        self.publish.send_replace(token.clone());
        tracing::debug!(generation = token.generation, ?reason, "new token");
        Ok(token)
    }

    /// When 80 % of the token's life is over; unknown until an answer has told the server's time.
    fn refresh_at(&self) -> Option<Instant> {
        let (date_ms, seen_at) = self.server_time?;
        let expires_at_ms = self.publish.borrow().identity.expires_at_ms;
        let since_adopted = seen_at.saturating_duration_since(self.adopted_at);
        let before_seen = self.adopted_at.saturating_duration_since(seen_at);
        let left = Duration::from_millis(expires_at_ms.saturating_sub(date_ms));
        let life = (left + since_adopted).saturating_sub(before_seen);
        let due = self.adopted_at.checked_add(life.mul_f64(0.8))?;
        Some(due.max(self.not_before))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU64, Ordering};

    use super::*;
    use crate::token::fake::{NewEachTime, jwt};
    use async_trait::async_trait;

    /// Each token lives ten minutes by a server whose clock shows `start_s` when the test begins.
    struct Provider {
        asked: AtomicU64,
        start_s: u64,
        began: Instant,
    }

    #[async_trait]
    impl TokenProvider for Provider {
        async fn token(&self, _: TokenReason) -> Result<Secret, TokenError> {
            let n = self.asked.fetch_add(1, Ordering::SeqCst);
            let now = self.start_s + self.began.elapsed().as_secs();
            Ok(jwt(n, "ruth", now + 600))
        }
    }

    fn provider(start_s: u64) -> Arc<Provider> {
        Arc::new(Provider {
            asked: AtomicU64::new(0),
            start_s,
            began: Instant::now(),
        })
    }

    #[tokio::test(start_paused = true)]
    async fn it_is_refreshed_at_80_percent_of_its_life_by_the_servers_clock() {
        // 1970 on the server: this machine's clock plays no part.
        let provider = provider(5_000);
        let tokens = Tokens::start(provider.clone()).await.unwrap();
        tokio::time::advance(Duration::from_secs(100)).await;
        tokens.server_time(5_100_000);
        let began = Instant::now();
        tokens.newer_than(0).await;
        assert_eq!(began.elapsed().as_secs(), 380);
        let again = Instant::now();
        tokens.newer_than(1).await;
        assert_eq!(again.elapsed().as_secs(), 480);
    }

    #[tokio::test(start_paused = true)]
    async fn after_the_sign_out_nobody_is_asked() {
        let provider = provider(5_000);
        let tokens = Tokens::start(provider.clone()).await.unwrap();
        tokens.server_time(5_000_000);
        tokens.stop();
        tokio::time::sleep(Duration::from_secs(3_600)).await;
        let refused = tokens.replace(0).await.unwrap_err();
        assert_eq!(refused, TokenError::Unavailable);
        assert_eq!(provider.asked.load(Ordering::SeqCst), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn many_who_were_refused_cause_one_question() {
        let provider = NewEachTime::default();
        let tokens = Tokens::start(Arc::new(provider.clone())).await.unwrap();
        let (a, b) = tokio::join!(tokens.replace(0), tokens.replace(0));
        assert_eq!(a.unwrap().generation, 1);
        assert_eq!(b.unwrap().generation, 1);
        assert_eq!(provider.asked(), 2);
    }

    #[tokio::test]
    async fn a_refused_token_that_comes_again_means_signed_out() {
        let fixed = super::super::FixedToken(jwt(0, "ruth", 9_999_999_999));
        let tokens = Tokens::start(Arc::new(fixed)).await.unwrap();
        assert_eq!(tokens.replace(0).await.unwrap_err(), TokenError::SignedOut);
    }

    struct Silent(AtomicU64);

    #[async_trait]
    impl TokenProvider for Silent {
        async fn token(&self, reason: TokenReason) -> Result<Secret, TokenError> {
            match reason {
                TokenReason::SignIn => Ok(jwt(0, "ruth", 9_999_999_999)),
                TokenReason::Expiring | TokenReason::Refused => {
                    self.0.fetch_add(1, Ordering::SeqCst);
                    std::future::pending().await
                }
            }
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_provider_that_never_answers_is_given_up() {
        let silent = Arc::new(Silent(AtomicU64::new(0)));
        let tokens = Tokens::start(silent.clone()).await.unwrap();
        let began = Instant::now();
        let (a, b) = tokio::join!(tokens.replace(0), tokens.replace(0));
        assert_eq!(a.unwrap_err(), TokenError::Unavailable);
        assert_eq!(b.unwrap_err(), TokenError::Unavailable);
        assert_eq!(began.elapsed(), PROVIDER_TIMEOUT);
        assert_eq!(silent.0.load(Ordering::SeqCst), 1);
    }

    struct Changing(AtomicU64);

    #[async_trait]
    impl TokenProvider for Changing {
        async fn token(&self, _: TokenReason) -> Result<Secret, TokenError> {
            let n = self.0.fetch_add(1, Ordering::SeqCst);
            Ok(jwt(n, if n == 0 { "ruth" } else { "boas" }, 9_999_999_999))
        }
    }

    #[tokio::test]
    async fn another_members_token_is_refused() {
        let tokens = Tokens::start(Arc::new(Changing(AtomicU64::new(0))))
            .await
            .unwrap();
        assert_eq!(
            tokens.replace(0).await.unwrap_err(),
            TokenError::OtherMember
        );
        assert_eq!(tokens.present().identity.member.as_str(), "ruth");
    }
}
