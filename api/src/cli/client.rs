//! A client of our own API: one keep-alive HTTP/1.1 connection, one request after the other.
//!
//! The connection has no task of its own: it moves while a request waits for its answer. A connection that the
//! server has closed meanwhile is opened again once, where sending the request twice is as good as sending it once.

use std::net::SocketAddr;
use std::pin::{Pin, pin};

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::client::conn::http1;
use hyper::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, ETAG, HOST, HeaderValue, IF_NONE_MATCH};
use hyper::{Method, Request, StatusCode};
use hyper_util::rt::TokioIo;
use serde::de::DeserializeOwned;
use serde_json::Value;
use tokio::net::TcpStream;

use super::failed::Failed;
use crate::idempotency::IDEMPOTENCY_KEY;

mod wire;

pub(crate) use wire::WireClient;

/// A call that got no answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CallError {
    /// Nobody listens there.
    #[error("no connection to the server: {0}")]
    Unreachable(#[from] std::io::Error),
    /// The connection broke.
    #[error("the connection to the server broke: {0}")]
    Broken(#[from] hyper::Error),
    /// The same, below HTTP.
    #[error("the connection to the server broke: {0}")]
    Lost(std::io::Error),
    /// It is not HTTP as it should be.
    #[error("an answer that is not understood: {0}")]
    Answer(String),
    /// The request cannot be written.
    #[error("the request cannot be written: {0}")]
    Request(#[from] hyper::http::Error),
}

impl From<CallError> for Failed {
    fn from(error: CallError) -> Self {
        Self::new(error.to_string())
    }
}

/// A request.
#[derive(Debug, Clone)]
pub(crate) struct Call<'a> {
    method: Method,
    path: &'a str,
    token: Option<&'a str>,
    key: Option<&'a str>,
    accept: Option<&'a str>,
    tag: Option<&'a HeaderValue>,
    body: Option<Bytes>,
}

impl<'a> Call<'a> {
    /// Reads something.
    pub(crate) fn get(path: &'a str) -> Self {
        Self { method: Method::GET, path, token: None, key: None, accept: None, tag: None, body: None }
    }

    /// Makes or does something.
    pub(crate) fn post(path: &'a str, body: impl Into<Bytes>) -> Self {
        Self { method: Method::POST, body: Some(body.into()), ..Self::get(path) }
    }

    /// Takes something away.
    pub(crate) fn delete(path: &'a str) -> Self {
        Self { method: Method::DELETE, ..Self::get(path) }
    }

    /// With a token.
    pub(crate) fn with(self, token: &'a str) -> Self {
        Self { token: Some(token), ..self }
    }

    /// With an idempotency key.
    pub(crate) fn keyed(self, key: &'a str) -> Self {
        Self { key: Some(key), ..self }
    }

    /// Asking for that media type.
    pub(crate) fn accepting(self, accept: &'a str) -> Self {
        Self { accept: Some(accept), ..self }
    }

    /// Unless it still has that entity tag.
    pub(crate) fn unless(self, tag: &'a HeaderValue) -> Self {
        Self { tag: Some(tag), ..self }
    }

    /// Whether sending it twice is as good as sending it once.
    fn is_repeatable(&self) -> bool {
        self.method != Method::POST || self.key.is_some()
    }

    /// Where it goes.
    pub(crate) fn path(&self) -> &'a str {
        self.path
    }

    fn request(&self, host: &HeaderValue) -> Result<Request<Full<Bytes>>, CallError> {
        let mut request = Request::builder().method(&self.method).uri(self.path).header(HOST, host);
        if let Some(token) = self.token {
            request = request.header(AUTHORIZATION, format!("Bearer {token}"));
        }
        if let Some(key) = self.key {
            request = request.header(IDEMPOTENCY_KEY, key);
        }
        if let Some(accept) = self.accept {
            request = request.header(ACCEPT, accept);
        }
        if let Some(tag) = self.tag {
            request = request.header(IF_NONE_MATCH, tag);
        }
        if self.body.is_some() {
            request = request.header(CONTENT_TYPE, "application/json");
        }
        Ok(request.body(Full::new(self.body.clone().unwrap_or_default()))?)
    }
}

/// An answer.
#[derive(Debug)]
pub(crate) struct Reply {
    /// Its status.
    pub(crate) status: StatusCode,
    /// Its entity tag, if it has one.
    pub(crate) tag: Option<HeaderValue>,
    /// Its body.
    pub(crate) body: Bytes,
}

impl Reply {
    /// The body, if the status says that all went well.
    pub(crate) fn read<T: DeserializeOwned>(&self) -> Result<T, String> {
        if !self.status.is_success() {
            return Err(self.problem());
        }
        serde_json::from_slice(&self.body)
            .map_err(|error| format!("an answer that is not understood: {error}"))
    }

    /// What the server says went wrong, fault by fault.
    pub(crate) fn problem(&self) -> String {
        let problem: Value = serde_json::from_slice(&self.body).unwrap_or_default();
        let text =
            |of: &Value, member: &str| of.get(member).and_then(Value::as_str).unwrap_or_default().to_owned();
        let errors = problem.get("errors").and_then(Value::as_array).into_iter().flatten();
        let errors = errors.map(|error| format!("\n  {} {}", text(error, "pointer"), text(error, "detail")));
        let (status, code, detail) = (self.status.as_u16(), text(&problem, "code"), text(&problem, "detail"));
        format!("{status} {code}: {detail}{}", errors.collect::<String>())
    }

    /// The stable code of what went wrong; empty where all went well.
    pub(crate) fn code(&self) -> String {
        #[derive(serde::Deserialize)]
        struct Problem {
            code: String,
        }
        serde_json::from_slice(&self.body).map(|problem: Problem| problem.code).unwrap_or_default()
    }
}

/// A client.
pub(crate) struct Client {
    address: SocketAddr,
    host: HeaderValue,
    open: Option<Open>,
}

struct Open {
    sender: http1::SendRequest<Full<Bytes>>,
    driver: Pin<Box<http1::Connection<TokioIo<TcpStream>, Full<Bytes>>>>,
}

impl Client {
    /// A client that connects with its first call.
    pub(crate) fn new(address: SocketAddr) -> Self {
        let host = HeaderValue::from_str(&address.to_string());
        Self { address, host: host.unwrap_or(HeaderValue::from_static("localhost")), open: None }
    }

    /// Sends a request and waits for its answer.
    pub(crate) async fn call(&mut self, call: &Call<'_>) -> Result<Reply, CallError> {
        let was_open = self.open.is_some();
        match self.attempt(call).await {
            Err(CallError::Broken(_)) if was_open && call.is_repeatable() => self.attempt(call).await,
            outcome => outcome,
        }
    }

    async fn attempt(&mut self, call: &Call<'_>) -> Result<Reply, CallError> {
        let request = call.request(&self.host)?;
        let open = match self.open.take() {
            Some(open) => open,
            None => connect(self.address).await?,
        };
        let (reply, open) = exchange(open, request).await;
        self.open = open.filter(|_| reply.is_ok());
        Ok(reply?)
    }
}

async fn connect(address: SocketAddr) -> Result<Open, CallError> {
    let stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    let (sender, driver) = http1::handshake(TokioIo::new(stream)).await?;
    Ok(Open { sender, driver: Box::pin(driver) })
}

/// One request and its answer; the connection comes back if it can be used again.
async fn exchange(
    mut open: Open,
    request: Request<Full<Bytes>>,
) -> (Result<Reply, hyper::Error>, Option<Open>) {
    let Open { sender, driver } = &mut open;
    let mut has_ended = false;
    let reply = {
        let mut answer = pin!(async {
            sender.ready().await?;
            let response = sender.send_request(request).await?;
            let status = response.status();
            let tag = response.headers().get(ETAG).cloned();
            let body = response.into_body().collect().await?.to_bytes();
            Ok::<_, hyper::Error>(Reply { status, tag, body })
        });
        tokio::select! {
            biased;
            reply = &mut answer => reply,
            _ = driver.as_mut() => {
                has_ended = true;
                // What the server sent before it closed is still there to be read.
                answer.await
            }
        }
    };
    (reply, (!has_ended).then_some(open))
}
