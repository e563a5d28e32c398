//! A baseline: the same bytes as static files, from nginx with its files kept open, as an ordinary process.

use std::fs::{self, File};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use bytes::Bytes;
use tempfile::TempDir;

use super::process::{Process, is_root};
use crate::cli::failed::Failed;

/// How long it may take to listen.
const PATIENCE: Duration = Duration::from_secs(10);

/// What is said where it is not installed.
pub(super) const MISSING: &str =
    "nginx is not installed (not in PATH), so there is no static file to compare with: no baseline";

/// An nginx that is stopped when this is dropped.
pub(super) struct Nginx {
    /// The process.
    pub(super) process: Process,
    /// Where it listens.
    pub(super) address: SocketAddr,
    /// Goes after the process.
    _folder: TempDir,
}

impl Nginx {
    /// Starts nginx with these files; nothing where it is not installed.
    pub(super) fn start(files: &[(&str, Bytes)]) -> Result<Option<Self>, Failed> {
        let refused = |error: std::io::Error| Failed::new(format!("nginx cannot be started: {error}"));
        let folder = tempfile::Builder::new().prefix("boxoffice-nginx-").tempdir().map_err(refused)?;
        let path = folder.path();
        fs::create_dir(path.join("files")).map_err(refused)?;
        for (name, content) in files {
            fs::write(path.join("files").join(name), content).map_err(refused)?;
        }
        let address = free_address().map_err(refused)?;
        let configuration = path.join("nginx.conf");
        fs::write(&configuration, configured(path, address)).map_err(refused)?;
        let said = path.join("said");
        let started = Command::new("nginx")
            .arg("-p")
            .arg(path)
            .arg("-c")
            .arg(&configuration)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(File::create(&said).map_err(refused)?)
            .spawn();
        let process = match started {
            Ok(child) => Process::new(child, "nginx"),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(refused(error)),
        };
        let mut nginx = Self { process, address, _folder: folder };
        if nginx.listens() {
            return Ok(Some(nginx));
        }
        let said = fs::read_to_string(&said).unwrap_or_default();
        Err(Failed::new(format!("nginx does not listen: {}", said.trim())))
    }

    fn listens(&mut self) -> bool {
        let started = Instant::now();
        while started.elapsed() < PATIENCE && !self.process.has_ended() {
            if TcpStream::connect(self.address).is_ok() {
                return true;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        false
    }
}

/// A port that nobody has just now.
fn free_address() -> std::io::Result<SocketAddr> {
    TcpListener::bind(("127.0.0.1", 0))?.local_addr()
}

fn configured(folder: &Path, address: SocketAddr) -> String {
    let folder = folder.display();
    let temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
        .map(|what| format!("  {what}_temp_path \"{folder}/temporary\";\n"))
        .concat();
    // Its workers would be another user's, who may not read what root has made for itself.
    let user = if is_root() { "user root;\n" } else { "" };
    format!(
        "{user}daemon off;\nworker_processes auto;\npid \"{folder}/pid\";\nerror_log \"{folder}/errors\";\n\
         events {{ worker_connections 16384; }}\nhttp {{\n  access_log off;\n  sendfile on;\n  \
         keepalive_requests 1000000000;\n  keepalive_timeout 300s;\n  open_file_cache max=16;\n  \
         default_type application/json;\n{temporary}  \
         server {{ listen {address}; root \"{folder}/files\"; }}\n}}\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_that_nginx_writes_is_in_its_folder() {
        let text = configured(Path::new("/tmp/here"), ([127, 0, 0, 1], 4_711).into());
        assert!(text.contains("listen 127.0.0.1:4711;"), "{text}");
        assert_eq!(text.matches("\"/tmp/here/").count(), 8, "{text}");
        assert_eq!(text.matches('{').count(), text.matches('}').count());
    }
}
