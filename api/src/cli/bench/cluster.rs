//! A PostgreSQL of our own: in a folder of its own, on a free port, for whoever has its password, not as root, and gone
//! with this process, however that ends.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use boxoffice_infra::keys::admin_token;
use tempfile::TempDir;

use super::process::Watched;
use super::programs;
use crate::cli::failed::Failed;

/// How long the server may take to come up.
const PATIENCE: Duration = Duration::from_secs(30);

/// The role that owns everything.
const ROLE: &str = "boxoffice";

/// Ends the server and removes its folder when the pipe to this shell ends, however its other end does.
const GUARD: &str = "trap '' INT TERM HUP; folder=$1; shift; \"$@\" & server=$!; cat > /dev/null; \
                     kill -QUIT $server; wait $server; rm -rf \"$folder\"";

/// A running server.
pub(super) struct Cluster {
    programs: PathBuf,
    user: Option<User>,
    port: u16,
    password: String,
    guard: Option<Child>,
    folder: TempDir,
}

/// Who runs the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct User {
    id: u32,
    group: u32,
}

impl Cluster {
    /// What the server is started with beyond its defaults: room, and nothing that durability rests on.
    pub(super) const SETTINGS: &[&str] = &["shared_buffers=512MB", "max_wal_size=8GB"];

    /// Starts a server with an empty cluster.
    pub(super) fn start() -> Result<Self, Failed> {
        let programs = programs::folder_of("initdb").ok_or_else(|| {
            Failed::new(
                "PostgreSQL's server is not installed (no initdb in PATH or where its packages put it): install it, \
                 or name a database with --database",
            )
        })?;
        let folder = tempfile::Builder::new().prefix("boxoffice-postgres-").tempdir().map_err(refused)?;
        let (password, _) =
            admin_token(folder.path()).map_err(|error| refused(std::io::Error::other(error)))?;
        let user = user_for(folder.path())?;
        let port =
            TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr()).map_err(refused)?.port();
        let mut cluster = Self { programs, user, port, password, guard: None, folder };
        cluster.make()?;
        cluster.run()?;
        Ok(cluster)
    }

    /// Makes a database, and tells its address.
    pub(super) fn database(&self, name: &str) -> Result<String, Failed> {
        let mut createdb = self.command("createdb");
        createdb.env("PGPASSWORD", &self.password).args(self.place()).args(["-U", ROLE, name]);
        succeed(&mut createdb)?;
        Ok(format!("postgres://{ROLE}:{}@127.0.0.1:{}/{name}", self.password, self.port))
    }

    /// Its processes.
    pub(super) fn watched(&self) -> Watched {
        let text = fs::read_to_string(self.data().join("postmaster.pid")).unwrap_or_default();
        let first = text.lines().next().and_then(|line| line.trim().parse().ok());
        Watched { name: "PostgreSQL", process: first.unwrap_or_default() }
    }

    fn make(&self) -> Result<(), Failed> {
        let password = self.folder.path().join("password");
        fs::write(&password, &self.password).map_err(refused)?;
        give(&password, self.user).map_err(refused)?;
        let mut initdb = self.command("initdb");
        initdb.args(["-U", ROLE, "-A", "scram-sha-256", "-E", "UTF8", "--locale=C", "--no-sync"]);
        initdb.arg("--pwfile").arg(&password).arg("-D").arg(self.data());
        succeed(&mut initdb)
    }

    fn run(&mut self) -> Result<(), Failed> {
        let mut shell = self.as_user(Command::new("sh"));
        shell.args(["-c", GUARD, "sh"]).arg(self.folder.path());
        shell.arg(self.programs.join("postgres")).arg("-D").arg(self.data());
        shell.args(["-p", &self.port.to_string(), "-c", "listen_addresses=127.0.0.1"]);
        shell.args(["-c", "unix_socket_directories="]);
        for setting in Self::SETTINGS {
            shell.args(["-c", setting]);
        }
        apart(&mut shell);
        let log = File::create(self.log()).map_err(refused)?;
        shell.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(log);
        self.guard = Some(shell.spawn().map_err(refused)?);
        let mut is_ready = self.command("pg_isready");
        is_ready.arg("-q").args(self.place());
        let begun = Instant::now();
        while !is_ready.status().map_err(refused)?.success() {
            if begun.elapsed() > PATIENCE {
                let said = fs::read_to_string(self.log()).unwrap_or_default();
                let last = said.lines().last().unwrap_or("it says nothing");
                return Err(Failed::new(format!("PostgreSQL does not come up: {last}")));
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        Ok(())
    }

    fn place(&self) -> [String; 4] {
        ["-h".to_owned(), "127.0.0.1".to_owned(), "-p".to_owned(), self.port.to_string()]
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    fn log(&self) -> PathBuf {
        self.folder.path().join("log")
    }

    /// One of PostgreSQL's programs.
    fn command(&self, program: impl AsRef<OsStr>) -> Command {
        self.as_user(Command::new(self.programs.join(program.as_ref())))
    }

    fn as_user(&self, mut command: Command) -> Command {
        become_user(&mut command, self.user);
        command.current_dir(self.folder.path());
        command
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        if let Some(mut guard) = self.guard.take() {
            drop(guard.stdin.take());
            let _ = guard.wait();
        }
    }
}

#[expect(clippy::needless_pass_by_value, reason = "it is handed to map_err")]
fn refused(error: std::io::Error) -> Failed {
    Failed::new(format!("PostgreSQL cannot be started: {error}"))
}

fn succeed(command: &mut Command) -> Result<(), Failed> {
    let output = command.stdin(Stdio::null()).output().map_err(refused)?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    Err(Failed::new(format!("PostgreSQL cannot be started: {}", said.trim())))
}

/// PostgreSQL does not run as root: where we are, its package's user runs it, who gets the folder.
fn user_for(folder: &Path) -> Result<Option<User>, Failed> {
    if !super::process::is_root() {
        return Ok(None);
    }
    let users = fs::read_to_string("/etc/passwd").map_err(refused)?;
    let user = user_in(&users, "postgres").ok_or_else(|| {
        Failed::new(
            "PostgreSQL does not run as root, and there is no user postgres: run this as another user",
        )
    })?;
    give(folder, Some(user)).map_err(refused)?;
    Ok(Some(user))
}

/// Looks a user up in the system's list.
fn user_in(users: &str, name: &str) -> Option<User> {
    let line = users.lines().find(|line| line.split(':').next() == Some(name))?;
    let mut numbers = line.split(':').skip(2).map(str::parse);
    Some(User { id: numbers.next()?.ok()?, group: numbers.next()?.ok()? })
}

#[cfg(unix)]
fn give(path: &Path, user: Option<User>) -> std::io::Result<()> {
    user.map_or(Ok(()), |user| std::os::unix::fs::chown(path, Some(user.id), Some(user.group)))
}

#[cfg(unix)]
fn become_user(command: &mut Command, user: Option<User>) {
    if let Some(user) = user {
        std::os::unix::process::CommandExt::uid(command, user.id);
        std::os::unix::process::CommandExt::gid(command, user.group);
    }
}

/// Ctrl-C is for us alone: the guard ends the server when we are gone.
#[cfg(unix)]
fn apart(command: &mut Command) {
    std::os::unix::process::CommandExt::process_group(command, 0);
}

#[cfg(not(unix))]
fn give(_: &Path, _: Option<User>) -> std::io::Result<()> {
    Ok(())
}

#[cfg(not(unix))]
fn become_user(_: &mut Command, _: Option<User>) {}

#[cfg(not(unix))]
fn apart(_: &mut Command) {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_is_found_by_its_whole_name() {
        let users =
            "root:x:0:0:root:/root:/bin/sh\npostgres2:x:1:1::/:/bin/sh\npostgres:x:101:104:,,,:/:/bin/sh\n";
        assert_eq!(user_in(users, "postgres"), Some(User { id: 101, group: 104 }));
        assert_eq!(user_in(users, "post"), None);
        assert_eq!(user_in("postgres:x:many", "postgres"), None);
    }
}
