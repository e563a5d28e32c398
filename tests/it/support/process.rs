//! The real program as a child process: started on a free port, killed as a machine that loses its power is, or
//! ended in good order. No child outlives its [`Server`], and what a child complained about is shown when a test
//! fails.

use std::io::{BufRead as _, BufReader, Read};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Child, ChildStderr, ChildStdout, Command, ExitStatus, Output, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use super::Call;

/// The program under test.
pub(crate) const PROGRAM: &str = env!("CARGO_BIN_EXE_boxoffice");

/// How long a server may take to start or to end, on a machine that is busy with other things.
const PATIENCE: Duration = Duration::from_secs(60);

/// What a server runs under.
#[derive(Clone, Copy)]
pub(crate) enum Under<'a> {
    Nothing,
    /// Snapshots after so many events.
    Snapshots(u64),
    /// No file may grow beyond so many blocks of 512 bytes.
    FileLimit {
        blocks: u64,
    },
    /// strace, with these arguments. It says what the server asks of the system, or meddles with it.
    Strace(&'a [&'a str]),
}

impl Under<'_> {
    fn settings(self) -> Option<String> {
        if let Self::Snapshots(events) = self { Some(format!("--snapshot-events={events}")) } else { None }
    }
}

/// Where a server keeps what it keeps.
#[derive(Clone)]
pub(crate) struct Place {
    pub(crate) data: PathBuf,
    /// The database that has the log, if the folder has not.
    pub(crate) database: Option<String>,
}

impl From<&PathBuf> for Place {
    fn from(data: &PathBuf) -> Self {
        Self { data: data.clone(), database: None }
    }
}

impl Place {
    /// As arguments of the program.
    pub(crate) fn arguments(&self) -> Vec<&str> {
        let data = ["--data", self.data.to_str().unwrap()];
        let database = self.database.as_deref().map(|url| ["--database", url]);
        data.into_iter().chain(database.into_iter().flatten()).collect()
    }
}

/// A running server.
pub(crate) struct Server {
    child: Child,
    address: SocketAddr,
    place: Place,
    complaints: Complaints,
}

impl Server {
    /// Starts a server and waits until it may take traffic.
    pub(crate) async fn start(place: impl Into<Place>) -> Self {
        Self::start_under(Under::Nothing, place).await
    }

    pub(crate) async fn start_under(under: Under<'_>, place: impl Into<Place>) -> Self {
        let place = place.into();
        let mut child = command(under)
            .args(["serve", "--listen", "127.0.0.1:0", "--log", "warn"])
            .args(under.settings())
            .args(place.arguments())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("{}: {error}", missing(under)));
        let complaints = Complaints::of(child.stderr.take().unwrap());
        let addresses = addresses(child.stdout.take().unwrap());
        let Ok(address) = addresses.recv_timeout(PATIENCE) else {
            let _ = child.kill();
            let status = child.wait();
            panic!("the server did not start ({status:?}):\n{}", complaints.text());
        };
        let server = Self { child, address, place, complaints };
        server.ready().await;
        server
    }

    async fn ready(&self) {
        let deadline = Instant::now() + PATIENCE;
        loop {
            match self.call("GET", "/readyz").try_send().await {
                Some(answer) if answer.status == 200 => return,
                answer => assert!(Instant::now() < deadline, "the server never became ready: {answer:?}"),
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    pub(crate) fn place(&self) -> &Place {
        &self.place
    }

    pub(crate) fn call(&self, method: &str, path: &str) -> Call {
        Call::new(self.address, method, path)
    }

    /// As the administrator.
    pub(crate) fn manage(&self, method: &str, path: &str) -> Call {
        let token = std::fs::read_to_string(self.place.data.join("admin-token")).unwrap();
        self.call(method, path).bearer(token.trim())
    }

    /// Ends the server as a power cut does: nothing is finished, nothing is said. Returns once it is gone, and with
    /// it what it ran under.
    pub(crate) fn kill(mut self) {
        assert_eq!(self.child.try_wait().unwrap(), None, "the server had ended by itself");
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        self.complaints.wait_for_the_end();
    }

    /// Asks the server to stop, and waits until it has.
    pub(crate) async fn stop(mut self) -> ExitStatus {
        let pid = self.child.id().to_string();
        let asked = Command::new("sh").args(["-c", "kill -TERM \"$0\"", &pid]).status().unwrap();
        assert!(asked.success(), "SIGTERM could not be sent");
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status;
            }
            assert!(Instant::now() < deadline, "the server did not stop");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        if std::thread::panicking() {
            eprintln!("the server at {} said:\n{}", self.address, self.complaints.text());
        }
    }
}

/// Runs the program to its end.
pub(crate) fn run(arguments: &[&str]) -> Output {
    command(Under::Nothing).args(arguments).stdin(Stdio::null()).output().unwrap()
}

fn command(under: Under<'_>) -> Command {
    let mut command = match under {
        Under::Nothing | Under::Snapshots(_) => Command::new(PROGRAM),
        Under::FileLimit { blocks } => {
            let mut shell = Command::new("sh");
            // Without the signal, a write beyond the limit is an error like any other.
            let script = "trap '' XFSZ && ulimit -f \"$0\" && exec \"$@\"";
            shell.args(["-c", script, &blocks.to_string(), PROGRAM]);
            shell
        }
        Under::Strace(arguments) => {
            let mut strace = Command::new("strace");
            // -D: the server is the child and strace the grandchild, so the child's pid is the server's.
            strace.args(["-D", "-f", "--seccomp-bpf", "-qq"]).args(arguments).arg(PROGRAM);
            strace
        }
    };
    for (name, _) in std::env::vars_os() {
        let name = name.to_string_lossy();
        if name.starts_with("BOXOFFICE_") && name != "BOXOFFICE_MUTANT" {
            command.env_remove(&*name);
        }
    }
    command
}

fn missing(under: Under<'_>) -> &'static str {
    match under {
        Under::Nothing | Under::Snapshots(_) | Under::FileLimit { .. } => "the program could not be started",
        Under::Strace(_) => "this test needs strace, which `cargo xtask test` installs",
    }
}

/// The address that the server says it listens on. The rest of what it says is dropped.
fn addresses(stdout: ChildStdout) -> Receiver<SocketAddr> {
    let (found, addresses) = channel();
    std::thread::spawn(move || {
        for line in BufReader::new(stdout).lines().map_while(Result::ok) {
            if let Some(address) = line.strip_prefix("listening on http://") {
                let _ = found.send(address.parse().unwrap());
            }
        }
    });
    addresses
}

/// What a child says on standard error.
struct Complaints {
    text: Arc<Mutex<String>>,
    /// Closed once nobody can complain any more.
    end: Receiver<()>,
}

impl Complaints {
    fn of(mut stderr: ChildStderr) -> Self {
        let text = Arc::new(Mutex::new(String::new()));
        let heard = Arc::clone(&text);
        let (ending, end) = channel();
        std::thread::spawn(move || {
            let mut part = [0; 4096];
            while let Ok(count @ 1..) = stderr.read(&mut part) {
                heard.lock().unwrap().push_str(&String::from_utf8_lossy(&part[..count]));
            }
            drop(ending);
        });
        Self { text, end }
    }

    fn text(&self) -> String {
        self.text.lock().unwrap().clone()
    }

    fn wait_for_the_end(&self) {
        let ended = self.end.recv_timeout(PATIENCE);
        assert_eq!(ended, Err(std::sync::mpsc::RecvTimeoutError::Disconnected), "something still runs");
    }
}
