//! Buyers at work: they hold seats that many want and seats that few want, let some go, order, pay and look.

use std::net::SocketAddr;
use std::sync::Arc;

use tokio::task::JoinSet;

use super::attempt::{Attempt, Outcome};
use super::random::Random;
use super::sale::Sale;
use crate::support::Answer;
use crate::support::process::Server;

/// How many buy at once.
const BUYERS: usize = 20;

/// The first seats of the hall, which many want.
const WANTED: usize = 240;

/// How many of those are wanted at a time.
const WANTED_AT_ONCE: usize = 8;

/// What buyers did, in their own words.
pub(crate) type Diary = Vec<(Attempt, Outcome)>;

/// Some buyers who have begun.
pub(crate) struct Crowd(JoinSet<Diary>);

impl Crowd {
    /// Each comes at most `visits` times, and stays away once the server is gone.
    pub(crate) fn gather(server: &Server, sale: &Arc<Sale>, visits: usize, random: &mut Random) -> Self {
        let address = server.address();
        let wanted = random.below(WANTED / WANTED_AT_ONCE) * WANTED_AT_ONCE;
        let mut buyers = JoinSet::new();
        for _ in 0..BUYERS {
            let buyer =
                Buyer { address, sale: Arc::clone(sale), wanted, random: random.fork(), diary: Diary::new() };
            buyers.spawn(buyer.shop(visits));
        }
        Self(buyers)
    }

    /// What they did, once all have finished.
    pub(crate) async fn diaries(self) -> Diary {
        self.0.join_all().await.into_iter().flatten().collect()
    }
}

struct Buyer {
    address: SocketAddr,
    sale: Arc<Sale>,
    /// The first of the seats that many want now.
    wanted: usize,
    random: Random,
    diary: Diary,
}

/// Nobody answers any more.
struct Gone;

impl Buyer {
    async fn shop(mut self, visits: usize) -> Diary {
        for _ in 0..visits {
            if let Err(Gone) = self.visit().await {
                break;
            }
        }
        self.diary
    }

    async fn visit(&mut self) -> Result<(), Gone> {
        let seats = self.choose();
        let hold = Attempt::hold(&mut self.random, &self.sale.event, seats);
        let Some(held) = self.attempt(hold).await? else { return Ok(()) };
        let (hold, token) = (held.string("hold_id"), held.string("hold_token"));
        match self.random.below(10) {
            0..3 => {
                let release = Attempt::release(&mut self.random, &hold, &token);
                self.attempt(release).await?;
            }
            // Some forget what they hold.
            3..5 => {}
            _ => self.buy(&hold, &token).await?,
        }
        Ok(())
    }

    async fn buy(&mut self, hold: &str, token: &str) -> Result<(), Gone> {
        let order = Attempt::order(&mut self.random, hold, token);
        let Some(ordered) = self.attempt(order).await? else { return Ok(()) };
        let (order, token) = (ordered.string("order_id"), ordered.string("order_token"));
        let pay = Attempt::pay(&mut self.random, &order, &token);
        let Some(paying) = self.attempt(pay).await? else { return Ok(()) };
        // Some leave the bank's page.
        if self.random.is_within_percent(80) {
            let succeed = Attempt::succeed(&mut self.random, &paying.string("payment_id"), &token);
            self.attempt(succeed).await?;
        }
        self.attempt(Attempt::look(&order, &token)).await?;
        Ok(())
    }

    /// The answer, if it was a good one.
    async fn attempt(&mut self, attempt: Attempt) -> Result<Option<Answer>, Gone> {
        let outcome = attempt.send(self.address).await;
        self.diary.push((attempt, outcome.clone()));
        match outcome {
            Outcome::Accepted(answer) => Ok(Some(answer)),
            Outcome::Refused(_) | Outcome::Unavailable(_) => Ok(None),
            Outcome::Unanswered => Err(Gone),
        }
    }

    /// One to three neighbours, half of the time among the few that everybody wants.
    fn choose(&mut self) -> Vec<String> {
        let count = 1 + self.random.below(3);
        let first = if self.random.is_within_percent(50) {
            self.wanted + self.random.below(WANTED_AT_ONCE)
        } else {
            WANTED + self.random.below(self.sale.seats.len() - WANTED - count)
        };
        self.sale.seats[first..first + count].to_vec()
    }
}
