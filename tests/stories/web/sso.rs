//! Signing in by the university's single sign-on, with real providers. Tests are named after the list of
//! attacks.

use super::browser::{Browser, PASSWORD, Pages, hire};
use crate::stories::world::World;
use crate::support::sso::Provider as Server;
use crate::support::{TestDb, on_both_engines};
use axum::Router;
use axum::http::StatusCode;
use axum::routing::get;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use kwestura::config::{Provider, SingleSignOn};
use kwestura::engine::staff::{self, Role};
use kwestura::engine::{audit, login};
use kwestura::sso::Secret;
use ring::rand::SystemRandom;
use ring::signature::{Ed25519KeyPair, KeyPair as _};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};
use tokio::net::TcpListener;

const BACK: &str = "/sign-in/sso/back";

/// Pages that others than the story's browser reach, too: their address, and where to listen.
async fn door() -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    (listener, address)
}

fn sso(provider: Provider) -> Box<SingleSignOn> {
    let is_cas = matches!(provider, Provider::Cas { .. });
    let name = |cas: &str, openid: &str| Some(if is_cas { cas } else { openid }.to_owned());
    Box::new(SingleSignOn {
        provider,
        student: name("usosId", "usos_id"),
        email: name("mail", "email"),
        name: name("fullName", "name"),
        authority: None,
    })
}

fn openid(issuer: &str, login: &str) -> Box<SingleSignOn> {
    sso(Provider::Openid {
        issuer: issuer.to_owned(),
        client: "kwestura".to_owned(),
        secret_file: None,
        scopes: ["openid", "profile", "email"].map(str::to_owned).to_vec(),
        login: login.to_owned(),
    })
}

/// A world with a provider, its pages, and their address.
struct Campus {
    world: World,
    pages: Pages,
    server: Server,
    home: String,
}

impl Campus {
    async fn begin(db: &TestDb, is_cas: bool) -> Option<Campus> {
        let mut world = World::begin(db).await;
        let (listener, home) = door().await;
        let back = format!("{home}{BACK}");
        let server = if is_cas {
            Server::cas(db.folder())?
        } else {
            Server::openid(db.folder(), &back)?
        };
        // The way to sign in is looked at by the clock of the provider, which is ours of today.
        world.office.config.sign_in.address = Some(home.clone());
        world.office.config.sign_in.sso = Some(if is_cas {
            sso(Provider::Cas {
                address: server.address.clone(),
            })
        } else {
            openid(&server.address, "preferred_username")
        });
        let secret = (!is_cas).then(|| Secret::new("s3cret:+/".to_owned()));
        let pages = Pages::with_secret(&world.office, secret);
        pages.at(i64::try_from(
            std::time::SystemTime::UNIX_EPOCH
                .elapsed()
                .unwrap()
                .as_millis(),
        )
        .unwrap());
        pages.listen(listener);
        Some(Campus {
            world,
            pages,
            server,
            home,
        })
    }

    /// Leaves for the provider, signs in there, and says with what one comes back.
    async fn returned(&self, browser: &mut Browser, to: &str, login: &str) -> String {
        let left = browser.get(&format!("/sign-in/sso?to={to}")).await;
        left.leads(&self.server.address);
        let back = format!("{}{BACK}", self.home);
        let came = self.server.sign_in(left.to(), &back, login);
        came.strip_prefix(&self.home).unwrap().to_owned()
    }

    /// Somebody who has not signed in at the provider yet.
    async fn someone(&self, to: &str, login: &str) -> (Browser, String) {
        self.server.forget();
        let mut browser = self.pages.stranger();
        let path = self.returned(&mut browser, to, login).await;
        (browser, path)
    }

    /// What was noted, in whatever order.
    async fn log(&self) -> Vec<String> {
        let rows = audit::list(&self.world.office, None, None, 100)
            .await
            .unwrap();
        let rows = rows.iter();
        rows.map(|row| format!("{} {} {}", row.who, row.what, row.detail))
            .collect()
    }

    /// What holds for either provider, from the first sign-in to the single log-out.
    async fn everybody_gets_in_and_out(&self, way: &str) {
        let (mut ada, path) = self.someone("/account", "JKowalski").await;
        ada.cookies.insert("kwestura".to_owned(), "f".repeat(64));
        ada.get(&path).await.leads("/account");
        assert_ne!(ada.cookies["kwestura"], "f".repeat(64), "S05");
        assert!(!ada.cookies.contains_key("kwestura-errand"));
        ada.get("/account").await.shows(&["ada Testowa", "900001"]);
        assert!(
            self.log()
                .await
                .contains(&format!("JKowalski signed-in {way}"))
        );
        let (known, _) = login::list(&self.world.office).await.unwrap();
        assert_eq!(
            (known[0].provider.as_str(), known[0].student.as_str()),
            (way, "ada")
        );

        // S09, S10: what was used once is worth nothing, with the errand or with a new one.
        let mut thief = ada.clone();
        thief.cookies.clear();
        thief.get(&path).await.leads("/sign-in/sso");
        thief.get("/sign-in/sso").await.leads(&self.server.address);
        let answer = thief.get(&path).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{}", answer.text);
        assert!(answer.text.contains("did not work"), "{}", answer.text);
        thief.get("/account").await.leads("/sign-in");

        // S09: no way leads off the pages.
        let (mut other, path) = self.someone("//evil.example", "JKowalski").await;
        other.get(&path).await.leads("/account");

        // Somebody whom nobody here knows; and one who works here, by a link that was made by hand.
        let (mut stray, path) = self.someone("/", "stranger").await;
        stray.get(&path).await.leads("/account");
        let answer = stray.get("/account").await;
        answer
            .shows(&["stranger"])
            .hides(&["ada Testowa", "900001"]);
        let (mut boss, path) = self.someone("/", "boss").await;
        boss.get(&path).await.leads("/account");
        hire(&self.world.office, "anna", Role::Bursar).await;
        staff::link_sso(&self.world.office, "anna", Some("boss"))
            .await
            .unwrap();
        let (mut boss, path) = self.someone("/today?x=1", "boss").await;
        boss.get(&path).await.leads("/today?x=1");
        boss.get("/today").await.shows(&["ANNA Example", "Bursar"]);
        staff::disable(&self.world.office, "anna", true)
            .await
            .unwrap();
        let (mut boss, path) = self.someone("/", "boss").await;
        assert_eq!(boss.get(&path).await.status, StatusCode::UNAUTHORIZED);
        boss.get("/today").await.leads("/sign-in");
    }

    /// A log-out at the provider ends the session here, and that alone.
    async fn log_out_there(&self, address: &str) {
        let (mut other, path) = self.someone("/", "stranger").await;
        other.get(&path).await.leads("/account");
        let (mut ada, path) = self.someone("/", "JKowalski").await;
        ada.get(&path).await.leads("/account");
        ada.get("/account").await.shows(&["900001"]);
        self.server.go(address, "");
        ada.get("/account").await.leads("/sign-in");
        other.get("/account").await.shows(&["stranger"]);
    }
}

/// A key of a provider that counts how often it is asked.
struct SigningKey(Ed25519KeyPair, String);

/// A provider that has one key at a time.
struct KeyProvider {
    issuer: String,
    jwks: Arc<Mutex<String>>,
    asked: Arc<Mutex<(usize, usize)>>,
}

impl KeyProvider {
    async fn begin() -> KeyProvider {
        let (listener, issuer) = door().await;
        let (jwks, asked) = (Arc::new(Mutex::new(String::new())), Arc::default());
        let of_itself = json!({
            "issuer": issuer, "authorization_endpoint": "https://op.example.edu/out",
            "token_endpoint": format!("{issuer}/token"), "jwks_uri": format!("{issuer}/keys"),
        });
        let provider = KeyProvider {
            issuer,
            jwks,
            asked,
        };
        let (counted, counted_too) = (provider.asked.clone(), provider.asked.clone());
        let jwks = provider.jwks.clone();
        let itself = move || {
            counted.lock().unwrap().0 += 1;
            std::future::ready(of_itself.to_string())
        };
        let keys = move || {
            counted_too.lock().unwrap().1 += 1;
            std::future::ready(jwks.lock().unwrap().clone())
        };
        let router = Router::new()
            .route("/.well-known/openid-configuration", get(itself))
            .route("/keys", get(keys));
        tokio::spawn(async move { axum::serve(listener, router).await });
        provider
    }

    /// It has another key from now on.
    fn renews(&self) -> SigningKey {
        let pair = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).unwrap();
        let pair = Ed25519KeyPair::from_pkcs8(pair.as_ref()).unwrap();
        let x = URL_SAFE_NO_PAD.encode(pair.public_key().as_ref());
        let jwks = json!({"keys": [{"kty": "OKP", "crv": "Ed25519", "kid": x, "x": x}]});
        *self.jwks.lock().unwrap() = jwks.to_string();
        SigningKey(pair, x)
    }

    /// Its word that a session is over.
    fn over(&self, SigningKey(pair, kid): &SigningKey, millis: i64) -> String {
        let seconds = millis / 1_000;
        let head = json!({"alg": "EdDSA", "kid": kid});
        let claims = json!({
            "iss": self.issuer, "aud": "kwestura", "iat": seconds, "exp": seconds + 120, "sid": "s1",
            "events": {"http://schemas.openid.net/event/backchannel-logout": {}},
        });
        let part = |value: Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let text = format!("{}.{}", part(head), part(claims));
        let signature = URL_SAFE_NO_PAD.encode(pair.sign(text.as_bytes()).as_ref());
        format!("{text}.{signature}")
    }

    /// How often it was asked for itself and for its keys.
    fn asked(&self) -> (usize, usize) {
        *self.asked.lock().unwrap()
    }
}

/// A server's word that a session is over, as it comes without a browser.
async fn said(browser: &Browser, field: &str, value: &str) -> StatusCode {
    browser.send_bare(BACK, &[(field, value)]).await.status
}

on_both_engines! {
    async fn s02_s05_s09_staff_and_students_sign_in_by_cas(db: TestDb) {
        let Some(campus) = Campus::begin(&db, true).await else { return };
        campus.everybody_gets_in_and_out("cas").await;

        // S09: a ticket that was made for another page of ours, or of anybody's.
        campus.server.forget();
        let other = "http%3A%2F%2F127.0.0.1%3A1%2Fcas";
        let address = format!("{}/login?service={other}", campus.server.address);
        let came = campus.server.sign_in(&address, "http://127.0.0.1:1/", "JKowalski");
        let ticket = came.split_once("ticket=").unwrap().1;
        let mut browser = campus.pages.stranger();
        browser.get("/sign-in/sso").await.leads("");
        let answer = browser.get(&format!("{BACK}?ticket={ticket}&service={other}")).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
        // Nothing in it can begin another field of what we ask the provider.
        for ticket in ["ST-1%26service%3D", "ST-1%0d%0aX%3A1", "", "PT-1", "ST-1%23"] {
            browser.get("/sign-in/sso").await.leads("");
            let answer = browser.get(&format!("{BACK}?ticket={ticket}")).await;
            assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{ticket}");
        }

        // A log-out that somebody made up ends nothing; the provider's does.
        let (mut ada, path) = campus.someone("/", "JKowalski").await;
        ada.get(&path).await.leads("/account");
        let saml = |ticket: &str| format!(
            "<samlp:LogoutRequest xmlns:samlp=\"urn:oasis:names:tc:SAML:2.0:protocol\"><samlp:SessionIndex>{ticket}</samlp:SessionIndex></samlp:LogoutRequest>"
        );
        for (wrong, status) in [
            (saml("ST-made-up"), StatusCode::OK),
            (saml("%"), StatusCode::BAD_REQUEST),
            (format!("<!DOCTYPE a [<!ENTITY b SYSTEM 'file:///etc/hostname'>]>{}", saml("&b;")), StatusCode::BAD_REQUEST),
            ("x".to_owned(), StatusCode::BAD_REQUEST),
        ] {
            assert_eq!(said(&ada, "logoutRequest", &wrong).await, status, "{wrong}");
        }
        ada.get("/account").await.shows(&["900001"]);
        campus.log_out_there(&format!("{}/logout", campus.server.address)).await;
    }

    async fn s02_s05_s10_staff_and_students_sign_in_by_openid(db: TestDb) {
        let Some(campus) = Campus::begin(&db, false).await else { return };
        campus.everybody_gets_in_and_out("oidc").await;

        // S10: the state of another browser, another provider's word, a code of another errand.
        let (mut ada, path) = campus.someone("/", "JKowalski").await;
        let (mut eve, evil) = campus.someone("/", "stranger").await;
        assert_eq!(ada.clone().get(&evil).await.status, StatusCode::UNAUTHORIZED);
        let state = |path: &str| path.split("state=").nth(1).unwrap().split('&').next().unwrap().to_owned();
        let swapped = evil.replace(&state(&evil), &state(&path));
        assert_eq!(ada.clone().get(&swapped).await.status, StatusCode::UNAUTHORIZED);
        let elsewhere = path.replace("iss=http", "iss=https");
        assert_ne!(elsewhere, path);
        assert_eq!(ada.clone().get(&elsewhere).await.status, StatusCode::UNAUTHORIZED);
        let refused = format!("{BACK}?error=access_denied&state={}", state(&path));
        assert_eq!(ada.clone().get(&refused).await.status, StatusCode::UNAUTHORIZED);
        ada.get(&path).await.leads("/account");
        // What was tried with it in another browser took nothing from her whose it is.
        eve.get(&evil).await.leads("/account");
        eve.get("/account").await.shows(&["stranger"]).hides(&["900001"]);

        // A log-out that nobody signed ends nothing.
        for wrong in ["", "x", "e30.e30.", "eyJhbGciOiJub25lIn0.eyJzaWQiOiIxIn0."] {
            assert_eq!(said(&ada, "logout_token", wrong).await, StatusCode::BAD_REQUEST, "{wrong}");
        }
        ada.get("/account").await.shows(&["900001"]);
        campus.log_out_there(&format!("{}/session/end", campus.server.address)).await;
    }

    /// What a provider says of itself and its keys are kept for minutes; a new key is looked for when a
    /// token names one, and made-up tokens make nobody ask again and again.
    async fn a_providers_keys_are_kept_and_changed(db: TestDb) {
        let mut world = World::begin(&db).await;
        let provider = KeyProvider::begin().await;
        world.office.config.sign_in.address = Some("http://127.0.0.1:1".to_owned());
        world.office.config.sign_in.sso = Some(openid(&provider.issuer, "sub"));
        let pages = Pages::of(&world);
        let browser = pages.stranger();
        let first = provider.renews();
        let now = world.office.now.millis;
        for _ in 0..3 {
            assert_eq!(said(&browser, "logout_token", &provider.over(&first, now)).await, StatusCode::OK);
        }
        assert_eq!(provider.asked(), (1, 1));
        pages.later(2);
        let second = provider.renews();
        let later = now + 2 * 60_000;
        assert_eq!(said(&browser, "logout_token", &provider.over(&second, later)).await, StatusCode::OK);
        assert_eq!(provider.asked(), (1, 2));
        // The old key is the provider's no more, and asking again waits for a minute.
        for _ in 0..5 {
            assert_eq!(said(&browser, "logout_token", &provider.over(&first, later)).await, StatusCode::BAD_REQUEST);
        }
        assert_eq!(provider.asked(), (1, 2));
        pages.later(2);
        assert_eq!(said(&browser, "logout_token", &provider.over(&first, later)).await, StatusCode::BAD_REQUEST);
        assert_eq!(provider.asked(), (1, 3));
        pages.later(11);
        assert_eq!(said(&browser, "logout_token", &provider.over(&second, later)).await, StatusCode::BAD_REQUEST, "too old");
        assert_eq!(provider.asked(), (2, 4));
        for _ in 0..3 {
            pages.stranger().get("/sign-in/sso").await.leads("https://op.example.edu/out?");
        }
        assert_eq!(provider.asked(), (2, 4));
        pages.later(1);
        pages.stranger().get("/sign-in/sso").await.leads("https://op.example.edu/out?");
        assert_eq!(provider.asked(), (3, 4));
    }

    /// F22: the page says so in plain words, and staff get in with their password.
    async fn f22_s25_without_the_provider_staff_still_get_in(db: TestDb) {
        let mut world = World::begin(&db).await;
        let (listener, home) = door().await;
        drop(listener);
        world.office.config.sign_in.address = Some(home.clone());
        for sso in [
            sso(Provider::Cas { address: format!("{home}/cas") }),
            openid(&home, "sub"),
        ] {
            world.office.config.sign_in.sso = Some(sso);
            let pages = Pages::of(&world);
            let mut browser = pages.stranger();
            browser.get("/sign-in").await.shows(&["/sign-in/sso", "Sign in with the university account"]);
            let answer = browser.get("/sign-in/sso?to=/today").await;
            assert_eq!(answer.status, StatusCode::BAD_GATEWAY);
            for words in ["does not answer", "href=\"/sign-in\"", "href=\"/sign-in/link\""] {
                assert!(answer.text.contains(words), "{words}: {}", answer.text);
            }
            assert!(!answer.text.contains("Connection refused"));
            browser.headers[0].1 = "pl".to_owned();
            assert!(browser.get("/sign-in/sso").await.text.contains("nie odpowiada"));
        }
        hire(&world.office, "ada", Role::Bursar).await;
        let mut browser = Pages::of(&world).stranger();
        let fields = [("login", "ada"), ("password", PASSWORD), ("to", "/today")];
        browser.post("/sign-in", &fields).await.leads("/today");
    }

    /// S08: only a server without a cookie says that a session is over; and where no single sign-on is
    /// set, there are no such pages.
    async fn s01_s08_without_a_provider_there_is_no_such_page(db: TestDb) {
        let world = World::begin(&db).await;
        let pages = Pages::of(&world);
        let mut browser = pages.stranger();
        browser.get("/sign-in").await.hides(&["/sign-in/sso"]);
        for path in ["/sign-in/sso", "/sign-in/sso/back?ticket=ST-1"] {
            assert_eq!(browser.get(path).await.status, StatusCode::NOT_FOUND);
        }
        assert_eq!(said(&browser, "logoutRequest", "x").await, StatusCode::NOT_FOUND);
        browser.headers.push(("sec-fetch-site", "cross-site".to_owned()));
        browser.headers.push(("cookie", "kwestura=1".to_owned()));
        let answer = browser.post(BACK, &[("logoutRequest", "x")]).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN);
    }
}
