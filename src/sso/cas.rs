//! CAS 3.0, as a client.
//!
//! The browser is sent to the provider with our `service`, and comes back with a ticket. We ask the
//! provider what the ticket is worth, at `/p3/serviceValidate`, with the same `service`: it is fixed by
//! the settings and never taken from a request, so that a ticket for another service is worth nothing
//! here (CVE-2014-4172). A ticket is good once. At single log-out the provider names the ticket whose
//! session ends.
//!
//! Source: CAS Protocol 3.0 Specification, sections 2.1, 2.3.3, 2.5, 2.8 and 3.1. Names are compared by
//! their namespace, never by a prefix.

use super::{NotProven, Proven, Way, down, refused};
use crate::remote::Ask;
use crate::text::in_address;
use quick_xml::events::Event;
use quick_xml::name::{Namespace, ResolveResult};
use quick_xml::reader::NsReader;

const CAS: Namespace<'static> = Namespace("http://www.yale.edu/tp/cas");
const SAML: Namespace<'static> = Namespace("urn:oasis:names:tc:SAML:2.0:protocol");
const SUCCESS: &str = "serviceResponse/authenticationSuccess/";
const FAILURE: &str = "serviceResponse/authenticationFailure";
/// A ticket begins so, and is no longer than twice what the specification lets clients expect.
const TICKET: &str = "ST-";
const TICKET_MAX: usize = 512;
/// No answer is deeper, and none has more elements.
const DEPTH_MAX: usize = 16;
const ELEMENTS_MAX: usize = 1_000;

/// Where the browser is sent. A provider that is down would leave it with its own error, or none: so
/// it is looked at first.
pub(super) async fn out(way: &Way<'_>, address: &str) -> Result<String, NotProven> {
    let sign_in = format!("{}/login?service={}", base(address), in_address(way.back));
    let answer = way
        .ask(Ask {
            address: &sign_in,
            ..Ask::default()
        })
        .await?;
    if answer.status >= 500 {
        return Err(down(format!("its page answers {}", answer.status)));
    }
    Ok(sign_in)
}

fn base(address: &str) -> &str {
    address.trim_end_matches('/')
}

/// Asks the provider what a ticket is worth.
pub(super) async fn back(way: &Way<'_>, address: &str, ticket: &str) -> Result<Proven, NotProven> {
    if !is_ticket(ticket) {
        return Err(refused("this is no ticket"));
    }
    let (base, service) = (base(address), in_address(way.back));
    let ticket_encoded = in_address(ticket);
    let asked = format!("{base}/p3/serviceValidate?service={service}&ticket={ticket_encoded}");
    let answer = way.read(&asked).await?;
    let proven = proven(way, &elements(&answer, CAS).map_err(down)?)?;
    Ok(Proven {
        session: Some(ticket.to_owned()),
        ..proven
    })
}

fn is_ticket(ticket: &str) -> bool {
    ticket.starts_with(TICKET)
        && ticket.len() <= TICKET_MAX
        && ticket.bytes().all(|byte| byte.is_ascii_graphic())
}

/// What the provider's answer says: exactly one user, and no failure beside it.
fn proven(way: &Way<'_>, elements: &[Element]) -> Result<Proven, NotProven> {
    if let Some(failure) = elements.iter().find(|element| element.path == FAILURE) {
        return Err(refused(failure.text.trim()));
    }
    let user = format!("{SUCCESS}user");
    let mut users = elements.iter().filter(|element| element.path == user);
    let (login, None) = (users.next().map(|user| user.text.trim()), users.next()) else {
        return Err(down("its answer names two users"));
    };
    let login = login.filter(|login| !login.is_empty());
    let login = login.ok_or_else(|| down("its answer is none of CAS 3.0"))?;
    // Of several values of one name the first holds.
    Ok(way.proven(login.to_owned(), |name| {
        let path = format!("{SUCCESS}attributes/{name}");
        let found = elements.iter().find(|element| element.path == path);
        found.map(|element| element.text.clone())
    }))
}

/// The ticket whose session ends, from a log-out request; none where it is none.
pub(super) fn ended(request: &str) -> Option<String> {
    let elements = elements(request, SAML).ok()?;
    let index = elements
        .iter()
        .find(|element| element.path == "LogoutRequest/SessionIndex")?;
    Some(index.text.trim().to_owned()).filter(|ticket| is_ticket(ticket))
}

/// An element: where it stands, by the names of those around it, and its own text.
#[derive(Debug, Default)]
struct Element {
    path: String,
    text: String,
}

/// The elements of a document in their order. Those of another namespace have no name, so that no
/// path leads to or through them.
fn elements(xml: &str, namespace: Namespace<'_>) -> Result<Vec<Element>, String> {
    let mut reader = NsReader::from_str(xml);
    reader.config_mut().expand_empty_elements = true;
    let mut elements: Vec<Element> = Vec::new();
    let mut open: Vec<usize> = Vec::new();
    loop {
        let (found, event) = reader
            .read_resolved_event()
            .map_err(|error| error.to_string())?;
        let in_namespace = found == ResolveResult::Bound(namespace);
        match event {
            Event::DocType(_) => return Err("it declares a document type".to_owned()),
            Event::Start(start) => {
                let name = start.local_name();
                let name = if in_namespace { name.into_inner() } else { "?" };
                let above = open.last().and_then(|&at| elements.get(at));
                let path = match above {
                    Some(above) => format!("{}/{name}", above.path),
                    None => name.to_owned(),
                };
                open.push(elements.len());
                elements.push(Element {
                    path,
                    ..Element::default()
                });
                if open.len() > DEPTH_MAX || elements.len() > ELEMENTS_MAX {
                    return Err("it is deeper or longer than any answer".to_owned());
                }
            }
            Event::End(_) => drop(open.pop()),
            Event::Text(text) => add(&mut elements, &open, text.as_ref()),
            Event::CData(text) => add(&mut elements, &open, text.as_ref()),
            Event::GeneralRef(reference) => {
                let sign = match reference.as_ref() {
                    "amp" => Some('&'),
                    "lt" => Some('<'),
                    "gt" => Some('>'),
                    "quot" => Some('"'),
                    "apos" => Some('\''),
                    _ => reference.resolve_char_ref().ok().flatten(),
                };
                let sign = sign.ok_or("it has an unknown entity")?;
                add(&mut elements, &open, sign.encode_utf8(&mut [0; 4]));
            }
            Event::Eof if open.is_empty() => return Ok(elements),
            Event::Eof => return Err("it ends in the middle".to_owned()),
            _ => {}
        }
    }
}

fn add(elements: &mut [Element], open: &[usize], text: &str) {
    if let Some(element) = open.last().and_then(|&at| elements.get_mut(at)) {
        element.text.push_str(text);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Provider, SingleSignOn};

    fn sso() -> SingleSignOn {
        SingleSignOn {
            provider: Provider::Cas {
                address: "https://sso.example.edu/cas/".to_owned(),
            },
            student: Some("usosId".to_owned()),
            email: Some("email".to_owned()),
            name: Some("full_name".to_owned()),
            authority: None,
        }
    }

    fn read(answer: &str) -> Result<Proven, NotProven> {
        let sso = sso();
        let way = Way {
            sso: &sso,
            back: "https://fees.example.edu/sign-in/sso/return",
            secret: None,
            known: &crate::sso::Known::default(),
        };
        proven(&way, &elements(answer, CAS).map_err(down)?)
    }

    fn answer(inner: &str) -> String {
        format!(
            "<cas:serviceResponse xmlns:cas=\"http://www.yale.edu/tp/cas\">{inner}</cas:serviceResponse>"
        )
    }

    fn success(inner: &str) -> String {
        answer(&format!(
            "<cas:authenticationSuccess>{inner}</cas:authenticationSuccess>"
        ))
    }

    #[test]
    fn an_answer_proves_a_login_with_its_attributes() {
        let proven = read(&success(
            "<cas:user>JKowalski</cas:user><cas:attributes>\
            <cas:usosId>P-17</cas:usosId><cas:email>ada@example.edu</cas:email>\
            <cas:email>x@example.org</cas:email>\
            <cas:full_name>Ada &amp; <![CDATA[<Co>]]> &#321;</cas:full_name></cas:attributes>",
        ));
        let proven = proven.unwrap();
        assert_eq!(proven.login, "JKowalski");
        assert_eq!(proven.student.as_deref(), Some("P-17"));
        assert_eq!(proven.name, "Ada & <Co> Ł");
        assert_eq!(proven.email.as_deref(), Some("ada@example.edu"));
    }

    #[test]
    fn markup_inside_a_value_stays_text_and_a_comment_does_not_cut_a_name() {
        let text = "<cas:user>ada&lt;/cas:user&gt;&lt;cas:user&gt;boss</cas:user>";
        assert_eq!(
            read(&success(text)).unwrap().login,
            "ada</cas:user><cas:user>boss"
        );
        let text = "<cas:user>boss<!-- x -->2</cas:user>";
        assert_eq!(read(&success(text)).unwrap().login, "boss2");
    }

    #[test]
    fn nothing_else_proves_one() {
        let refused =
            "<cas:authenticationFailure code=\"INVALID_TICKET\">no</cas:authenticationFailure>";
        assert_eq!(
            read(&answer(refused)),
            Err(NotProven::Refused("no".to_owned()))
        );
        let both = answer(&format!(
            "{refused}<cas:authenticationSuccess><cas:user>ada</cas:user></cas:authenticationSuccess>"
        ));
        assert!(matches!(read(&both), Err(NotProven::Refused(_))));
        let good = success("<cas:user>ada</cas:user>");
        let elsewhere = good.replace("http://www.yale.edu/tp/cas", "urn:other");
        let inside = answer(
            "<cas:note><cas:authenticationSuccess><cas:user>ada</cas:user></cas:authenticationSuccess></cas:note>",
        );
        let through = success("<x:a xmlns:x=\"urn:other\"><cas:user>ada</cas:user></x:a>");
        let doctype = format!("<!DOCTYPE x [<!ENTITY a 'ada'>]>{good}");
        let entity = success("<cas:user>&a;</cas:user>");
        let two = success("<cas:user>ada</cas:user><cas:user>boss</cas:user>");
        let cut = good.replace("</cas:serviceResponse>", "");
        let deep = success(&"<cas:a>".repeat(10_000));
        let texts = [
            &elsewhere, &inside, &through, &doctype, &entity, &two, &cut, &deep,
        ];
        for text in texts
            .into_iter()
            .map(String::as_str)
            .chain(["", "<html>log in</html>", "{}"])
        {
            assert!(matches!(read(text), Err(NotProven::Down(_))), "{text}");
        }
    }

    #[test]
    fn a_ticket_is_what_the_specification_says() {
        let long = format!("ST-{}", "a".repeat(600));
        for wrong in ["", "PT-1", "ST-1 2", "ST-1\r\nX", &long] {
            assert!(!is_ticket(wrong), "{wrong}");
        }
        assert!(is_ticket("ST-1-abc.DEF"));
    }

    #[test]
    fn a_log_out_names_its_ticket() {
        let request = "<samlp:LogoutRequest xmlns:samlp=\"urn:oasis:names:tc:SAML:2.0:protocol\" ID=\"1\">\
            <saml:NameID xmlns:saml=\"urn:oasis:names:tc:SAML:2.0:assertion\">@NOT_USED@</saml:NameID>\
            <samlp:SessionIndex>ST-1-abc</samlp:SessionIndex></samlp:LogoutRequest>";
        assert_eq!(ended(request).as_deref(), Some("ST-1-abc"));
        assert_eq!(ended("<a><SessionIndex>ST-1</SessionIndex></a>"), None);
        assert_eq!(ended("ST-1"), None);
    }
}
