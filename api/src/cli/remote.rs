//! A running server that a command talks to, as its administrator.

use std::net::SocketAddr;
use std::path::Path;

use serde::de::DeserializeOwned;

use super::client::{Call, Client};
use super::failed::Failed;
use crate::settings::{Place, ServerArgs};

/// Which server, and the token for it.
#[derive(Debug, clap::Args)]
pub(super) struct RemoteArgs {
    /// The server, as <http://127.0.0.1:8080> [default: the address that it is told to listen on]
    #[arg(long, value_name = "URL", env = "BOXOFFICE_LISTEN", hide_env_values = true)]
    server: Option<String>,
    /// The administrator's token [default: the one in the data folder]
    #[arg(long, value_name = "TOKEN", env = "BOXOFFICE_TOKEN", hide_env_values = true)]
    token: Option<String>,
    #[command(flatten)]
    place: Place,
}

/// A server.
pub(super) struct Remote {
    client: Client,
    address: String,
    token: String,
}

impl Remote {
    pub(super) async fn connect(arguments: &RemoteArgs) -> Result<Self, Failed> {
        let settings = ServerArgs { place: arguments.place.clone(), ..ServerArgs::default() }.settle()?;
        let address = host(arguments.server.as_deref().unwrap_or(&settings.listen))?;
        let token = arguments.token.clone().map_or_else(|| token_in(&settings.data), Ok)?;
        let found = tokio::net::lookup_host(&address).await.ok().and_then(|mut found| found.next());
        let socket: SocketAddr = found.ok_or_else(|| {
            Failed::new(format!("{address} is no address. Give --server one as http://127.0.0.1:8080"))
        })?;
        Ok(Self { client: Client::new(socket), address, token })
    }

    pub(super) async fn get<T: DeserializeOwned>(&mut self, path: &str) -> Result<T, Failed> {
        self.ask(Call::get(path)).await
    }

    pub(super) async fn post<T: DeserializeOwned>(&mut self, path: &str) -> Result<T, Failed> {
        self.ask(Call::post(path, "{}")).await
    }

    async fn ask<T: DeserializeOwned>(&mut self, call: Call<'_>) -> Result<T, Failed> {
        let reply = self.client.call(&call.with(&self.token)).await.map_err(|error| {
            Failed::new(format!(
                "{error}. Is a server running at {}? Start one, or name it with --server",
                self.address
            ))
        })?;
        reply.read().map_err(|problem| Failed::new(format!("the server says {problem}")))
    }
}

/// The token that a server on this machine has written.
fn token_in(data: &Path) -> Result<String, Failed> {
    let path = data.join("admin-token");
    let token = std::fs::read_to_string(&path).map_err(|error| {
        let path = path.display();
        Failed::new(format!(
            "the administrator's token in {path} cannot be read: {error}. Name the data folder with --data, or give \
             the token with --token or BOXOFFICE_TOKEN"
        ))
    })?;
    Ok(token.trim().to_owned())
}

/// The address within a URL.
fn host(url: &str) -> Result<String, Failed> {
    if url.starts_with("https://") {
        return Err(Failed::new(
            "this command speaks plain HTTP. Run it where the server is, with --server http://127.0.0.1:8080",
        ));
    }
    let host = url.strip_prefix("http://").unwrap_or(url).trim_end_matches('/');
    let has_port = host.rsplit_once(':').is_some_and(|(_, port)| port.parse::<u16>().is_ok());
    Ok(if has_port { host.to_owned() } else { format!("{host}:80") })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_is_named_by_its_url_or_its_address() {
        for (url, address) in [
            ("http://127.0.0.1:8080/", "127.0.0.1:8080"),
            ("127.0.0.1:8080", "127.0.0.1:8080"),
            ("http://box.example.org", "box.example.org:80"),
            ("http://[::1]:9", "[::1]:9"),
        ] {
            assert_eq!(host(url).unwrap(), address);
        }
        assert!(host("https://box.example.org").is_err());
    }
}
