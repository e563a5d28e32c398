//! A real server of our own: this very program, as another process.

use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use boxoffice_infra::keys::ADMIN_TOKEN_FILE;

use crate::cli::failed::Failed;
use crate::cli::system;

/// What a server says when it listens.
const LISTENING: &str = "listening on http://";

/// How long a server may take to stop.
const PATIENCE: Duration = Duration::from_secs(20);

/// A server that is stopped when this is dropped.
pub(super) struct ChildServer {
    child: Child,
    /// Where it listens.
    pub(super) address: SocketAddr,
    /// The administrator's token.
    pub(super) token: String,
}

impl ChildServer {
    /// Starts a server on a data folder and a free port, and waits until it listens.
    pub(super) fn start(data: &Path) -> Result<Self, Failed> {
        let refused = |error: std::io::Error| Failed::new(format!("the server cannot be started: {error}"));
        let program = std::env::current_exe().map_err(refused)?;
        let mut child = Command::new(program)
            .args(["serve", "--listen", "127.0.0.1:0", "--log", "warn", "--data"])
            .arg(data)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(refused)?;
        let said = child.stdout.take();
        let mut lines = said.into_iter().flat_map(|said| BufReader::new(said).lines()).map_while(Result::ok);
        let address = lines.find_map(|line| line.split_once(LISTENING)?.1.trim().parse().ok());
        let Some(address) = address else {
            let _ = child.kill();
            let _ = child.wait();
            return Err(Failed::new("the server ended before it listened; see above for why"));
        };
        let mut server = Self { child, address, token: String::new() };
        let token = std::fs::read_to_string(data.join(ADMIN_TOKEN_FILE)).map_err(refused)?;
        token.trim().clone_into(&mut server.token);
        Ok(server)
    }

    /// The processor time that it has used so far.
    pub(super) fn processor_time(&self) -> Option<Duration> {
        system::processor_time(self.child.id())
    }

    /// Asks it to stop, and waits until it has.
    pub(super) fn stop(mut self) -> Result<(), Failed> {
        self.terminate();
        let started = Instant::now();
        while started.elapsed() < PATIENCE {
            match self.child.try_wait() {
                Ok(Some(status)) if status.success() => return Ok(()),
                Ok(Some(status)) => {
                    return Err(Failed::new(format!("the server did not end well: {status}")));
                }
                Ok(None) => std::thread::sleep(Duration::from_millis(20)),
                Err(error) => return Err(Failed::new(format!("the server cannot be waited for: {error}"))),
            }
        }
        Err(Failed::new("the server did not stop in time"))
    }

    #[cfg(unix)]
    fn terminate(&mut self) {
        let process = i32::try_from(self.child.id()).ok().and_then(rustix::process::Pid::from_raw);
        let told =
            process.map(|process| rustix::process::kill_process(process, rustix::process::Signal::TERM));
        if !matches!(told, Some(Ok(()))) {
            let _ = self.child.kill();
        }
    }

    #[cfg(not(unix))]
    fn terminate(&mut self) {
        let _ = self.child.kill();
    }
}

impl Drop for ChildServer {
    fn drop(&mut self) {
        if matches!(self.child.try_wait(), Ok(None)) {
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }
}
