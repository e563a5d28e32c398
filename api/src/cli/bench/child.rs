//! A real server of our own: this very program, as another process.

use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Command, Stdio};

use boxoffice_infra::keys::ADMIN_TOKEN_FILE;

use super::process::Process;
use crate::cli::failed::Failed;
use crate::settings::{CONFIG, DATABASE, SETTINGS};

/// What a server says when it listens.
const LISTENING: &str = "listening on http://";

/// A server that is stopped when this is dropped.
pub(super) struct ChildServer {
    /// The process.
    pub(super) process: Process,
    /// Where it listens.
    pub(super) address: SocketAddr,
    /// The administrator's token.
    pub(super) token: String,
}

impl ChildServer {
    /// Starts a server on a data folder, with its log there or in a database, and on a free port, and waits until it
    /// listens.
    pub(super) fn start(data: &Path, database: Option<&str>) -> Result<Self, Failed> {
        let refused = |error: std::io::Error| Failed::new(format!("the server cannot be started: {error}"));
        let program = std::env::current_exe().map_err(refused)?;
        let mut command = Command::new(program);
        // It does what it is told here, whatever the environment says. An address may have a password in it, which
        // everybody could read among the arguments.
        for variable in SETTINGS.map(|setting| setting.variable).into_iter().chain([CONFIG]) {
            command.env_remove(variable);
        }
        if let Some(url) = database {
            command.env(DATABASE.variable, url);
        }
        let mut child = command
            .args(["serve", "--listen", "127.0.0.1:0", "--log", "warn", "--data"])
            .arg(data)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(refused)?;
        let said = child.stdout.take();
        let process = Process::new(child, "server");
        let mut lines = said.into_iter().flat_map(|said| BufReader::new(said).lines()).map_while(Result::ok);
        let address = lines.find_map(|line| line.split_once(LISTENING)?.1.trim().parse().ok());
        let Some(address) = address else {
            return Err(Failed::new("the server ended before it listened; see above for why"));
        };
        let token = std::fs::read_to_string(data.join(ADMIN_TOKEN_FILE)).map_err(refused)?;
        Ok(Self { process, address, token: token.trim().to_owned() })
    }
}
