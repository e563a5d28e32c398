//! A PostgreSQL of a test's own: on a free port, in a folder of its own, not as root, and gone with whoever started it.

use std::io::Write as _;
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::{MetadataExt as _, chown};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use tempfile::TempDir;

/// How long the server may take to come up.
const PATIENCE: Duration = Duration::from_mins(1);

/// Ends the server when the pipe to this shell ends, however its other end does, and removes its folder unless told
/// [`KEEP`]: what a test binary holds for all of its tests is never dropped.
const GUARD: &str = "folder=$1; shift; \"$@\" & server=$!; told=$(cat); kill -QUIT $server; wait $server; \
                     [ \"$told\" = keep ] || rm -rf \"$folder\"";

/// The server will run again on the same files.
const KEEP: &[u8] = b"keep";

/// A running server.
pub struct Server {
    folder: TempDir,
    programs: PathBuf,
    user: Option<(u32, u32)>,
    settings: Vec<String>,
    port: u16,
    databases: AtomicU32,
    guard: Option<Child>,
}

impl Server {
    /// Starts a server with an empty cluster.
    pub fn start() -> Self {
        Self::with(&[])
    }

    /// The same with settings as `fsync=off`.
    pub fn with(settings: &[&str]) -> Self {
        Self::made_with(&[], settings)
    }

    /// The same whose write-ahead log is in files of a megabyte.
    pub fn with_small_segments() -> Self {
        Self::made_with(&["--wal-segsize=1"], &[])
    }

    fn made_with(options: &[&str], settings: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let user = other_user(folder.path());
        if let Some((user, group)) = user {
            chown(folder.path(), Some(user), Some(group)).unwrap();
        }
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let mut server = Self {
            folder,
            programs: programs(),
            user,
            settings: settings.iter().map(|setting| (*setting).to_owned()).collect(),
            port,
            databases: AtomicU32::new(0),
            guard: None,
        };
        let data = server.data();
        let mut initdb = server.command("initdb");
        initdb
            .args(["-U", "boxoffice", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"])
            .args(options)
            .arg("-D")
            .arg(data);
        succeed(&mut initdb);
        server.run();
        server
    }

    /// The address of a new, empty database.
    pub fn database(&self) -> String {
        let name = format!("test_{}", self.databases.fetch_add(1, Ordering::Relaxed));
        let mut createdb = self.command("createdb");
        let port = self.port.to_string();
        createdb.args(["-h", "127.0.0.1", "-p", &port, "-U", "boxoffice", &name]);
        succeed(&mut createdb);
        self.address(&name)
    }

    /// The address of a database.
    pub fn address(&self, name: &str) -> String {
        format!("postgres://boxoffice@127.0.0.1:{}/{name}", self.port)
    }

    /// The port that it listens on.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Kills the server and all of its processes as a power cut would, but for what the system has in memory.
    pub fn kill(&mut self) {
        let processes = self.processes();
        for process in &processes {
            // Some end by themselves when the first is gone.
            let _ = Command::new("kill").args(["-9", process]).stderr(Stdio::null()).status();
        }
        let begun = Instant::now();
        while processes.iter().any(|process| Path::new("/proc").join(process).join("exe").exists()) {
            assert!(begun.elapsed() < PATIENCE, "the server does not die");
            std::thread::sleep(Duration::from_millis(5));
        }
        if let Some(mut guard) = self.guard.take() {
            guard.stdin.take().unwrap().write_all(KEEP).unwrap();
            let _ = guard.wait();
        }
    }

    /// No file of the server grows beyond so many bytes, as on a disk that is full; `None`: there is room again.
    pub fn limit_files(&self, bytes: Option<u64>) {
        let limit = bytes.map_or("unlimited".to_owned(), |bytes| bytes.to_string());
        for process in self.processes() {
            let mut prlimit = self.as_user(Command::new("prlimit"));
            // The soft limit alone, so that it can be raised again.
            let prlimit = prlimit.args(["--pid", &process]).arg(format!("--fsize={limit}:"));
            let is_limited = prlimit.stderr(Stdio::null()).status().unwrap().success();
            assert!(is_limited || !Path::new("/proc").join(&process).exists(), "{process} cannot be limited");
        }
    }

    /// Starts it again, after [`Self::kill`].
    pub fn run(&mut self) {
        assert!(self.guard.is_none(), "the server runs");
        let mut shell = self.as_user(Command::new("sh"));
        shell
            .args(["-c", GUARD, "sh"])
            .arg(self.folder.path())
            .arg(self.programs.join("postgres"))
            .arg("-D")
            .arg(self.data());
        shell.args(["-p", &self.port.to_string(), "-c", "unix_socket_directories="]);
        shell.args(["-c", "listen_addresses=127.0.0.1"]);
        for setting in &self.settings {
            shell.args(["-c", setting]);
        }
        let log =
            std::fs::File::options().create(true).append(true).open(self.folder.path().join("log")).unwrap();
        shell.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(log);
        self.guard = Some(shell.spawn().unwrap());
        let begun = Instant::now();
        let mut is_ready = self.command("pg_isready");
        is_ready.args(["-q", "-h", "127.0.0.1", "-p", &self.port.to_string()]);
        while TcpStream::connect(("127.0.0.1", self.port)).is_err() || !is_ready.status().unwrap().success() {
            assert!(begun.elapsed() < PATIENCE, "{}", self.log());
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// What the server has said.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }

    /// One of PostgreSQL's programs, as the user that may run it.
    pub fn command(&self, program: &str) -> Command {
        self.as_user(Command::new(self.programs.join(program)))
    }

    fn as_user(&self, mut command: Command) -> Command {
        if let Some((user, group)) = self.user {
            command.uid(user).gid(group);
        }
        command.current_dir(self.folder.path());
        command
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// The first process and its children, whose data folder is ours.
    fn processes(&self) -> Vec<String> {
        let pid = std::fs::read_to_string(self.data().join("postmaster.pid")).unwrap();
        let first = pid.lines().next().unwrap().trim().to_owned();
        let children = format!("/proc/{first}/task/{first}/children");
        let children = std::fs::read_to_string(children).unwrap_or_default();
        let children = children.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
        [vec![first], children].concat()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(mut guard) = self.guard.take() {
            drop(guard.stdin.take());
            let _ = guard.wait();
        }
    }
}

/// PostgreSQL does not run as root: the user of its package does, where we are root.
fn other_user(ours: &Path) -> Option<(u32, u32)> {
    if std::fs::metadata(ours).unwrap().uid() != 0 {
        return None;
    }
    let users = std::fs::read_to_string("/etc/passwd").unwrap();
    let user = users
        .lines()
        .find(|line| line.starts_with("postgres:"))
        .unwrap_or_else(|| panic!("there is no user postgres"));
    let mut fields = user.split(':').skip(2).map(|field| field.parse().unwrap());
    Some((fields.next().unwrap(), fields.next().unwrap()))
}

/// The folder of the newest release that is installed.
fn programs() -> PathBuf {
    let releases = std::fs::read_dir("/usr/lib/postgresql")
        .unwrap_or_else(|_| panic!("no PostgreSQL: `cargo xtask test tools` installs it"));
    let newest = releases
        .map(|entry| entry.unwrap().path())
        .max_by_key(|path| path.file_name().and_then(|name| name.to_str()?.parse::<u32>().ok()));
    newest.unwrap_or_else(|| panic!("no PostgreSQL: `cargo xtask test tools` installs it")).join("bin")
}

fn succeed(command: &mut Command) {
    let output = command.stdin(Stdio::null()).output().unwrap();
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
}
