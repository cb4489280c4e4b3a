//! The description of the interface as a page, for whoever writes a program: what is sent, what is
//! answered, and of which types. Made from the `OpenAPI` document, without a script.

use askama::Template;
use serde_json::Value;

#[derive(Template)]
#[template(path = "api/viewer.html")]
pub(super) struct Viewer {
    about: String,
    version: String,
    operations: Vec<Operation>,
    types: Vec<Type>,
}

/// Something that can be asked.
struct Operation {
    method: String,
    path: String,
    /// Where it stands on the page.
    anchor: String,
    summary: String,
    about: String,
    parameters: Vec<Field>,
    sent: Vec<Body>,
    answers: Vec<Answer>,
}

/// A body: in which media type, of which type, and the fields of that where it is an object.
struct Body {
    media: String,
    kind: Vec<Word>,
    fields: Vec<Field>,
}

struct Answer {
    status: String,
    about: String,
    bodies: Vec<(String, Vec<Word>)>,
}

/// An object that is sent or answered.
struct Type {
    name: String,
    about: String,
    fields: Vec<Field>,
}

/// A parameter, or a field of an object.
struct Field {
    name: String,
    /// `path`, `query`, `header`; empty of a field.
    place: String,
    kind: Vec<Word>,
    is_needed: bool,
    about: String,
}

/// A word of what a type is.
#[derive(Debug, PartialEq, Eq)]
enum Word {
    Text(String),
    /// The name of a type that stands on the page.
    Type(String),
}

impl Viewer {
    /// The page of a document.
    pub(super) fn of(document: &Value) -> Viewer {
        let mut operations = Vec::new();
        for (path, methods) in entries(document, "/paths") {
            for (method, operation) in entries(methods, "") {
                operations.push(Operation::of(document, (method, path), operation));
            }
        }
        let types = entries(document, "/components/schemas").map(|(name, schema)| Type {
            name: name.clone(),
            about: text(schema, "/description"),
            fields: fields(schema),
        });
        Viewer {
            about: text(document, "/info/description"),
            version: text(document, "/openapi"),
            types: types.collect(),
            operations,
        }
    }
}

impl Operation {
    fn of(document: &Value, (method, path): (&str, &str), operation: &Value) -> Operation {
        let parameters = items(operation, "/parameters").map(|parameter| Field {
            name: text(parameter, "/name"),
            place: text(parameter, "/in"),
            kind: kind(at(parameter, "/schema")),
            is_needed: at(parameter, "/required") == true,
            about: text(parameter, "/description"),
        });
        let sent = entries(operation, "/requestBody/content").map(|(media, content)| {
            let schema = at(content, "/schema");
            Body {
                media: media.clone(),
                kind: kind(schema),
                fields: fields(resolved(document, schema)),
            }
        });
        let answers = entries(operation, "/responses").map(|(status, answer)| Answer {
            status: status.clone(),
            about: text(answer, "/description"),
            bodies: entries(answer, "/content")
                .map(|(media, content)| (media.clone(), kind(at(content, "/schema"))))
                .collect(),
        });
        Operation {
            anchor: text(operation, "/operationId"),
            summary: text(operation, "/summary"),
            about: text(operation, "/description"),
            parameters: parameters.collect(),
            sent: sent.collect(),
            answers: answers.collect(),
            method: method.to_uppercase(),
            path: path.to_owned(),
        }
    }
}

/// The schema that another names, or itself.
fn resolved<'a>(document: &'a Value, schema: &'a Value) -> &'a Value {
    match at(schema, "/$ref").as_str() {
        Some(named) => at(document, named.trim_start_matches('#')),
        None => schema,
    }
}

/// The fields of an object, in the order of its type.
fn fields(schema: &Value) -> Vec<Field> {
    let needed: Vec<&Value> = items(schema, "/required").collect();
    let fields = entries(schema, "/properties").map(|(name, field)| Field {
        name: name.clone(),
        place: String::new(),
        kind: kind(field),
        is_needed: needed.iter().any(|needed| *needed == name),
        about: text(field, "/description"),
    });
    fields.collect()
}

/// What a schema says a value is: `string (date) or null`, `list of Fee`.
fn kind(schema: &Value) -> Vec<Word> {
    if let Some(named) = at(schema, "/$ref").as_str() {
        let name = named.rsplit('/').next().unwrap_or(named);
        return vec![Word::Type(name.to_owned())];
    }
    let either = ["/oneOf", "/anyOf", "/allOf"];
    let either: Vec<&Value> = either.iter().flat_map(|one| items(schema, one)).collect();
    if !either.is_empty() {
        // What may be missing is told last, as it is of plain values.
        let (none, some): (Vec<&Value>, Vec<&Value>) =
            (either.into_iter()).partition(|one| at(one, "/type") == "null");
        let parts = some.into_iter().chain(none).map(kind);
        return joined(parts.collect());
    }
    let plain = match at(schema, "/type") {
        Value::String(one) => vec![one.as_str()],
        Value::Array(several) => several.iter().filter_map(Value::as_str).collect(),
        _ => vec!["any value"],
    };
    joined(plain.into_iter().map(|one| plainly(one, schema)).collect())
}

/// One plain type of a schema, with what it says more of it.
fn plainly(name: &str, schema: &Value) -> Vec<Word> {
    if name == "array" {
        let mut words = vec![Word::Text("list of ".to_owned())];
        words.extend(kind(at(schema, "/items")));
        let at_most = at(schema, "/maxItems").as_u64();
        words.extend(at_most.map(|most| Word::Text(format!(", {most} at most"))));
        return words;
    }
    let format = text(schema, "/format");
    let says_more = name != "null" && !format.is_empty();
    vec![Word::Text(if says_more {
        format!("{name} ({format})")
    } else {
        name.to_owned()
    })]
}

fn joined(parts: Vec<Vec<Word>>) -> Vec<Word> {
    let mut words = Vec::new();
    for part in parts {
        if !words.is_empty() {
            words.push(Word::Text(" or ".to_owned()));
        }
        words.extend(part);
    }
    words
}

/// What stands there; null where nothing does.
fn at<'a>(value: &'a Value, pointer: &str) -> &'a Value {
    value.pointer(pointer).unwrap_or(&Value::Null)
}

fn text(value: &Value, pointer: &str) -> String {
    at(value, pointer).as_str().unwrap_or_default().to_owned()
}

fn entries<'a>(
    value: &'a Value,
    pointer: &str,
) -> impl Iterator<Item = (&'a String, &'a Value)> + use<'a> {
    at(value, pointer).as_object().into_iter().flatten()
}

fn items<'a>(value: &'a Value, pointer: &str) -> impl Iterator<Item = &'a Value> + use<'a> {
    at(value, pointer).as_array().into_iter().flatten()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn said(schema: &Value) -> String {
        let words = kind(schema).into_iter().map(|word| match word {
            Word::Text(text) => text,
            Word::Type(name) => format!("<{name}>"),
        });
        words.collect()
    }

    #[test]
    fn a_type_is_told_in_words() {
        let fee = json!({"$ref": "#/components/schemas/Fee"});
        for (schema, expected) in [
            (json!({"type": "string"}), "string"),
            (
                json!({"type": ["string", "null"], "format": "date"}),
                "string (date) or null",
            ),
            (json!({"type": "array", "items": fee}), "list of <Fee>"),
            (
                json!({"type": "array", "items": {"type": "string"}, "maxItems": 3}),
                "list of string, 3 at most",
            ),
            (json!({"oneOf": [{"type": "null"}, fee]}), "<Fee> or null"),
            (json!({}), "any value"),
        ] {
            assert_eq!(said(&schema), expected);
        }
    }
}
