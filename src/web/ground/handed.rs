//! A form with files, as browsers send it.

use super::words::Words;
use super::{Fault, Visit};
use crate::engine::upload::{BYTES_MAX, Handed};
use axum::extract::DefaultBodyLimit;
use axum::extract::multipart::{Multipart, MultipartError};
use axum::http::StatusCode;
use std::collections::BTreeMap;

/// What stands around the files.
const FORM_BYTES: usize = 64 * 1024;

/// Fields by name, and files.
pub type Form = (BTreeMap<String, String>, Vec<Handed>);

/// So much may be sent.
pub fn limit() -> DefaultBodyLimit {
    DefaultBodyLimit::max(BYTES_MAX + FORM_BYTES)
}

/// Reads it whole. A field for files into which nothing was put is none.
pub async fn read(visit: &Visit, mut form: Multipart) -> Result<Form, Fault> {
    let fault = |error: MultipartError| match error.status() {
        StatusCode::PAYLOAD_TOO_LARGE => {
            Fault::Refused(Words::of(visit.language).too_long.to_owned())
        }
        _ => Fault::NotFound,
    };
    let (mut fields, mut files) = (BTreeMap::new(), Vec::new());
    while let Some(field) = form.next_field().await.map_err(fault)? {
        let name = field.name().unwrap_or_default().to_owned();
        let Some(file) = field.file_name().map(str::to_owned) else {
            fields.insert(name, field.text().await.map_err(fault)?);
            continue;
        };
        let bytes = field.bytes().await.map_err(fault)?.to_vec();
        if !file.is_empty() {
            files.push(Handed { name: file, bytes });
        }
    }
    Ok((fields, files))
}
