//! The same calls with as little work as can be, for loads that share the machine with the server: a request is one
//! write, and an answer is read into one buffer that is kept.

use std::net::SocketAddr;

use bytes::{Bytes, BytesMut};
use hyper::StatusCode;
use hyper::header::{CONTENT_LENGTH, ETAG, HeaderValue, TRANSFER_ENCODING};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::{Call, CallError, Reply};

/// The most header fields that an answer may have.
const FIELDS_MAX: usize = 32;

/// How much is read at once at least.
const READ: usize = 4096;

/// A client with one keep-alive connection, one request after the other. It opens the connection with its first call,
/// and again after one that broke; what was on it is for the caller to ask again.
pub(crate) struct WireClient {
    address: SocketAddr,
    host: String,
    open: Option<TcpStream>,
    out: Vec<u8>,
    answer: BytesMut,
}

impl WireClient {
    /// A client of that server.
    pub(crate) fn new(address: SocketAddr) -> Self {
        Self { address, host: address.to_string(), open: None, out: Vec::new(), answer: BytesMut::new() }
    }

    /// Sends a request and waits for its answer.
    pub(crate) async fn call(&mut self, call: &Call<'_>) -> Result<Reply, CallError> {
        let mut stream = if let Some(stream) = self.open.take() {
            stream
        } else {
            let stream = TcpStream::connect(self.address).await?;
            stream.set_nodelay(true)?;
            stream
        };
        self.out.clear();
        self.answer.clear();
        call.write(&self.host, &mut self.out);
        stream.write_all(&self.out).await.map_err(CallError::Lost)?;
        let head = loop {
            self.read(&mut stream).await?;
            if let Some(head) = Head::parse(&self.answer)? {
                break head;
            }
        };
        while self.answer.len() < head.length + head.body {
            self.read(&mut stream).await?;
        }
        let body = Bytes::copy_from_slice(self.answer.get(head.length..).unwrap_or_default());
        if !head.is_last {
            self.open = Some(stream);
        }
        Ok(Reply { status: head.status, tag: head.tag, body })
    }

    async fn read(&mut self, stream: &mut TcpStream) -> Result<(), CallError> {
        self.answer.reserve(READ);
        match stream.read_buf(&mut self.answer).await {
            Ok(0) => Err(CallError::Lost(std::io::ErrorKind::UnexpectedEof.into())),
            Ok(_) => Ok(()),
            Err(error) => Err(CallError::Lost(error)),
        }
    }
}

impl Call<'_> {
    /// The request as it goes over the wire.
    fn write(&self, host: &str, out: &mut Vec<u8>) {
        let mut put = |parts: &[&str]| parts.iter().for_each(|part| out.extend_from_slice(part.as_bytes()));
        put(&[self.method.as_str(), " ", self.path, " HTTP/1.1\r\nhost: ", host, "\r\n"]);
        if let Some(token) = self.token {
            put(&["authorization: Bearer ", token, "\r\n"]);
        }
        if let Some(key) = self.key {
            put(&["idempotency-key: ", key, "\r\n"]);
        }
        if let Some(accept) = self.accept {
            put(&["accept: ", accept, "\r\n"]);
        }
        if let Some(tag) = self.tag.and_then(|tag| tag.to_str().ok()) {
            put(&["if-none-match: ", tag, "\r\n"]);
        }
        if let Some(body) = &self.body {
            put(&["content-type: application/json\r\ncontent-length: ", &body.len().to_string(), "\r\n\r\n"]);
            out.extend_from_slice(body);
        } else {
            put(&["\r\n"]);
        }
    }
}

/// What comes before the body of an answer.
struct Head {
    /// How long this is.
    length: usize,
    /// How long the body is.
    body: usize,
    status: StatusCode,
    tag: Option<HeaderValue>,
    /// The server closes the connection after it.
    is_last: bool,
}

impl Head {
    /// The head, once all of it is there.
    fn parse(bytes: &[u8]) -> Result<Option<Self>, CallError> {
        let mut fields = [httparse::EMPTY_HEADER; FIELDS_MAX];
        let mut response = httparse::Response::new(&mut fields);
        let parsed = response.parse(bytes).map_err(|error| CallError::Answer(error.to_string()))?;
        let httparse::Status::Complete(length) = parsed else { return Ok(None) };
        let status = response.code.and_then(|code| StatusCode::from_u16(code).ok());
        let status = status.ok_or_else(|| CallError::Answer("it has no status".to_owned()))?;
        let mut head = Self { length, body: 0, status, tag: None, is_last: false };
        let has_body = status != StatusCode::NO_CONTENT && status != StatusCode::NOT_MODIFIED;
        for field in response.headers.iter() {
            if field.name.eq_ignore_ascii_case(CONTENT_LENGTH.as_str()) && has_body {
                let length = std::str::from_utf8(field.value).ok().and_then(|text| text.parse().ok());
                head.body = length.ok_or_else(|| CallError::Answer("its length is no number".to_owned()))?;
            } else if field.name.eq_ignore_ascii_case(ETAG.as_str()) {
                head.tag = HeaderValue::from_bytes(field.value).ok();
            } else if field.name.eq_ignore_ascii_case("connection") {
                head.is_last = field.value.eq_ignore_ascii_case(b"close");
            } else if field.name.eq_ignore_ascii_case(TRANSFER_ENCODING.as_str()) {
                return Err(CallError::Answer("it comes in chunks".to_owned()));
            }
        }
        Ok(Some(head))
    }
}

#[cfg(test)]
mod tests {
    use tokio::net::TcpListener;

    use super::*;

    #[test]
    fn a_request_is_what_it_says() {
        let mut out = Vec::new();
        let tag = HeaderValue::from_static("\"7\"");
        Call::post("/v1/holds", "{}")
            .with("t")
            .keyed("k")
            .accepting("a/b")
            .unless(&tag)
            .write("h:1", &mut out);
        let wanted = "POST /v1/holds HTTP/1.1\r\nhost: h:1\r\nauthorization: Bearer t\r\nidempotency-key: k\r\n\
            accept: a/b\r\nif-none-match: \"7\"\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}";
        assert_eq!(String::from_utf8(out).unwrap(), wanted);
    }

    /// Answers each of these with bytes that come one by one.
    #[expect(clippy::disallowed_methods, reason = "it ends with its test")]
    async fn server(answers: &'static [&'static str]) -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut asked = [0; 1024];
            for answer in answers {
                assert!(stream.read(&mut asked).await.unwrap() > 0);
                for byte in answer.bytes() {
                    stream.write_all(&[byte]).await.unwrap();
                    stream.flush().await.unwrap();
                }
            }
        });
        address
    }

    #[tokio::test]
    async fn answers_are_read_to_their_end_however_they_come() {
        let address = server(&[
            "HTTP/1.1 201 Created\r\nContent-Length: 3\r\nETag: \"x\"\r\n\r\nabc",
            "HTTP/1.1 304 Not Modified\r\ncontent-length: 3\r\n\r\n",
            "HTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\nd",
        ])
        .await;
        let mut client = WireClient::new(address);
        let mut read = Vec::new();
        for _ in 0..3 {
            let Reply { status, tag, body } = client.call(&Call::get("/")).await.unwrap();
            read.push((status.as_u16(), tag.is_some(), body));
        }
        let wanted = [(201, true, "abc"), (304, false, ""), (200, false, "d")];
        assert_eq!(read, wanted.map(|(status, tag, body)| (status, tag, Bytes::from(body))));
    }

    #[tokio::test]
    async fn what_cannot_be_read_is_an_error_and_no_answer() {
        for answer in ["HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n", "nonsense\r\n\r\n"] {
            let address = server(Box::leak(Box::new([answer]))).await;
            let answered = WireClient::new(address).call(&Call::get("/")).await;
            assert!(matches!(answered, Err(CallError::Answer(_))), "{answer}");
        }
        let address = server(&["HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nabc"]).await;
        let answered = WireClient::new(address).call(&Call::get("/")).await;
        assert!(matches!(answered, Err(CallError::Lost(_))));
    }
}
