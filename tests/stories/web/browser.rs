//! Somebody at a browser: keeps cookies, sends forms as browsers send them, and follows nothing by
//! itself. The pages are called in the same process.

use crate::stories::world::World;
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::header::{CONTENT_TYPE, COOKIE, LOCATION, SET_COOKIE};
use axum::http::request::Builder;
use axum::http::{HeaderMap, Request, StatusCode};
use kwestura::engine::Office;
use kwestura::engine::staff::{self, Role};
use kwestura::engine::{Clock, sessions};
use kwestura::sso::Secret;
use kwestura::web::{Site, router};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use tokio::net::TcpListener;
use tower::ServiceExt as _;

/// The password of everybody in the stories.
pub const PASSWORD: &str = "correct horse battery";

/// The pages of an office whose time a story sets.
#[derive(Clone)]
pub struct Pages {
    router: Router,
    now: Arc<AtomicI64>,
}

impl Pages {
    /// The pages of a world, at its moment.
    pub fn of(world: &World) -> Pages {
        Pages::of_office(&world.office, false)
    }

    /// The pages of an office; `secure` where browsers reach them by https.
    pub fn of_office(office: &Office, secure: bool) -> Pages {
        Pages::new(office, secure, None)
    }

    /// The pages of an office that a single sign-on knows.
    pub fn with_secret(office: &Office, secret: Option<Secret>) -> Pages {
        Pages::new(office, false, secret)
    }

    fn new(office: &Office, secure: bool, secret: Option<Secret>) -> Pages {
        let now = Arc::new(AtomicI64::new(office.now.millis));
        let told = now.clone();
        let clock = Clock::new(move || told.load(Ordering::SeqCst));
        let site = Site::new(office.db.clone(), office.config.clone(), clock, secure)
            .with_sso_secret(secret);
        Pages {
            router: router(site),
            now,
        }
    }

    /// Others reach them, too, by a real line, until the story ends.
    pub fn listen(&self, listener: TcpListener) {
        let router = self.router.clone();
        tokio::spawn(async move { axum::serve(listener, router).await });
    }

    /// Time goes on.
    pub fn later(&self, minutes: i64) {
        self.now.fetch_add(minutes * 60_000, Ordering::SeqCst);
    }

    /// It is another moment.
    pub fn at(&self, millis: i64) {
        self.now.store(millis, Ordering::SeqCst);
    }

    /// Somebody who is not signed in.
    pub fn stranger(&self) -> Browser {
        Browser {
            pages: self.clone(),
            cookies: BTreeMap::new(),
            headers: vec![("accept-language", "en".to_owned())],
        }
    }
}

/// An answer.
#[derive(Debug, Clone)]
pub struct Answer {
    /// Its status.
    pub status: StatusCode,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its text.
    pub text: String,
    /// The same, byte by byte.
    pub bytes: Vec<u8>,
}

impl Answer {
    /// Where it leads.
    pub fn to(&self) -> &str {
        let to = self.headers.get(LOCATION);
        to.map_or("", |to| to.to_str().unwrap())
    }

    /// A page that has all these words.
    #[track_caller]
    pub fn shows(&self, words: &[&str]) -> &Answer {
        self.says(StatusCode::OK, words)
    }

    /// A page that says why something cannot be so, and has all these words.
    #[track_caller]
    pub fn refuses(&self, words: &[&str]) -> &Answer {
        self.says(StatusCode::UNPROCESSABLE_ENTITY, words)
    }

    #[track_caller]
    fn says(&self, status: StatusCode, words: &[&str]) -> &Answer {
        assert_eq!(self.status, status, "{}", self.text);
        for word in words {
            assert!(
                self.text.contains(word),
                "`{word}` is missing: {}",
                self.text
            );
        }
        self
    }

    /// An answer without these words.
    #[track_caller]
    pub fn hides(&self, words: &[&str]) -> &Answer {
        for word in words {
            assert!(
                !self.text.contains(word),
                "`{word}` is there: {}",
                self.text
            );
        }
        self
    }

    /// It is a redirection to a path.
    #[track_caller]
    pub fn leads(&self, to: &str) -> &Answer {
        assert_eq!(self.status, StatusCode::SEE_OTHER, "{}", self.text);
        assert!(self.to().starts_with(to), "to {}", self.to());
        self
    }
}

/// A browser.
#[derive(Clone)]
pub struct Browser {
    pages: Pages,
    /// What it keeps.
    pub cookies: BTreeMap<String, String>,
    /// What it sends besides.
    pub headers: Vec<(&'static str, String)>,
}

impl Browser {
    /// Opens an address.
    pub async fn get(&mut self, path: &str) -> Answer {
        self.dressed(Request::get(path), Body::empty()).await
    }

    /// Sends a form from a page of ours.
    pub async fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let kind = "application/x-www-form-urlencoded";
        self.write(path, kind, form(fields).into()).await
    }

    /// Sends a form with files, as a browser writes it.
    pub async fn hand_in(
        &mut self,
        path: &str,
        fields: &[(&str, &str)],
        files: &[(&str, Vec<u8>)],
    ) -> Answer {
        let mut body = Vec::new();
        for (name, value) in fields {
            let head = format!("--edge\r\ncontent-disposition: form-data; name=\"{name}\"\r\n\r\n");
            body.extend(format!("{head}{value}\r\n").into_bytes());
        }
        for (name, bytes) in files {
            let head = format!(
                "--edge\r\ncontent-disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\
                 content-type: application/octet-stream\r\n\r\n"
            );
            body.extend(head.into_bytes());
            body.extend(bytes);
            body.extend(b"\r\n");
        }
        body.extend(b"--edge--\r\n");
        let kind = "multipart/form-data; boundary=edge";
        self.write(path, kind, body.into()).await
    }

    /// Sends a form as a server does, which says nothing of itself.
    pub async fn send_bare(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let kind = "application/x-www-form-urlencoded";
        let request = Request::post(path).header(CONTENT_TYPE, kind);
        let request = request.body(Body::from(form(fields))).unwrap();
        self.clone().sent(request).await
    }

    async fn write(&mut self, path: &str, kind: &str, body: Body) -> Answer {
        let mut request = Request::post(path).header(CONTENT_TYPE, kind);
        if !self
            .headers
            .iter()
            .any(|(name, _)| *name == "sec-fetch-site")
        {
            request = request.header("sec-fetch-site", "same-origin");
        }
        self.dressed(request, body).await
    }

    /// Adds what this browser sends with every request.
    async fn dressed(&mut self, mut request: Builder, body: Body) -> Answer {
        for (name, value) in &self.headers {
            request = request.header(*name, value);
        }
        let cookies: Vec<String> = (self.cookies.iter())
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        if !cookies.is_empty() {
            request = request.header(COOKIE, cookies.join("; "));
        }
        self.sent(request.body(body).unwrap()).await
    }

    /// Sends a request as it is, and keeps the cookies of the answer.
    pub async fn sent(&mut self, request: Request<Body>) -> Answer {
        let answer = self.pages.router.clone().oneshot(request).await.unwrap();
        for cookie in answer.headers().get_all(SET_COOKIE) {
            let (name, rest) = cookie.to_str().unwrap().split_once('=').unwrap();
            let value = rest.split(';').next().unwrap();
            if rest.contains("Max-Age=0") {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        let (status, headers) = (answer.status(), answer.headers().clone());
        let bytes = to_bytes(answer.into_body(), usize::MAX).await.unwrap();
        Answer {
            status,
            headers,
            text: String::from_utf8_lossy(&bytes).into_owned(),
            bytes: bytes.to_vec(),
        }
    }
}

/// A form as a browser writes it.
fn form(fields: &[(&str, &str)]) -> String {
    use kwestura::text::in_address;
    let pairs = fields
        .iter()
        .map(|(name, value)| format!("{name}={}", in_address(value)));
    pairs.collect::<Vec<_>>().join("&")
}

/// Adds an account of staff without a second factor.
pub async fn hire(office: &Office, login: &str, role: Role) {
    let password = Some(PASSWORD.to_owned());
    let name = format!("{} Example", login.to_uppercase());
    staff::add(office, (login, &name, role), password, false)
        .await
        .unwrap();
}

/// Signs a member of staff in without the form, whose hash is slow on purpose.
pub async fn signed_in(pages: &Pages, office: &Office, login: &str) -> Browser {
    let mut office = office.clone();
    office.now.millis = pages.now.load(Ordering::SeqCst);
    let whose = sessions::Whose::Staff(login);
    let token = sessions::begin(&office, whose, None, None).await.unwrap();
    let mut browser = pages.stranger();
    browser.cookies.insert("kwestura".to_owned(), token);
    browser
}

/// A browser of somebody with a role, in an office where nobody worked yet.
pub async fn as_role(pages: &Pages, office: &Office, role: Role) -> Browser {
    if role == Role::Student {
        let mut office = office.clone();
        office.now.millis = pages.now.load(Ordering::SeqCst);
        let whose = sessions::Whose::Student {
            login: "s900001",
            person_id: None,
        };
        let token = sessions::begin(&office, whose, None, None).await.unwrap();
        let mut browser = pages.stranger();
        browser.cookies.insert("kwestura".to_owned(), token);
        return browser;
    }
    hire(office, role.name(), role).await;
    signed_in(pages, office, role.name()).await
}
