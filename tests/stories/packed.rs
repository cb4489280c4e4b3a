//! Statement files that come packed: every one of them, or none.

use super::bank::{day, line, office, owes, students};
use crate::support::on_both_engines;
use flate2::{Compression, write::GzEncoder};
use kwestura::engine::Office;
use kwestura::engine::import::{Counts, Import};
use std::io::{Cursor, Write as _};
use std::path::Path;
use zip::write::{SimpleFileOptions, ZipWriter};

on_both_engines! {
    /// B70: an archive with several files, known or new.
    async fn every_file_of_an_archive_is_imported_and_the_second_time_nothing_is_new(db: TestDb) {
        let office = office(db.url(), 20).await;
        students(&office).await;
        let first = day(197, 12, 0, vec![line(12, 50_000, "ada")]).file();
        let second = day(198, 13, 50_000, vec![line(13, 20_000, "bartek")]).file();
        let path = db.folder().join("october.zip");
        std::fs::write(&path, archive(&[("a/197.sta", &first), ("a/198.sta", &second)])).unwrap();
        let (counts, notes) = import(&office, &path).await;
        assert_eq!((counts.files, counts.published, counts.credits), (2, 2, 2), "{notes:?}");
        assert_eq!(owes(&office, "ada").await, (0, 0));

        // The same bytes unpacked, or packed otherwise, are the same file.
        let path = db.folder().join("197.sta.gz");
        let mut gzip = GzEncoder::new(Vec::new(), Compression::default());
        gzip.write_all(&first).unwrap();
        std::fs::write(&path, gzip.finish().unwrap()).unwrap();
        let (counts, _) = import(&office, &path).await;
        assert_eq!((counts.files, counts.known, counts.credits), (1, 1, 0));
        let (counts, _) = import(&office, &db.folder().join("october.zip")).await;
        assert_eq!((counts.files, counts.known, counts.credits), (2, 2, 0));
    }

    /// B70: all, or none.
    async fn one_file_that_cannot_be_read_keeps_the_whole_archive_out(db: TestDb) {
        let office = office(db.url(), 20).await;
        students(&office).await;
        let good = day(197, 12, 0, vec![line(12, 50_000, "ada")]).file();
        let path = db.folder().join("october.zip");
        std::fs::write(&path, archive(&[("197.sta", &good), ("note.txt", b"see attached")])).unwrap();
        let (counts, notes) = import(&office, &path).await;
        assert_eq!((counts.unreadable, counts.published, counts.credits), (1, 0, 0));
        assert!(notes[0].contains("october.zip/note.txt") && notes[0].contains("nothing of this archive"), "{notes:?}");
        assert_eq!(owes(&office, "ada").await, (50_000, 0));
    }
}

/// Imports what is at a path; tells the counts and what needs a word.
async fn import(office: &Office, path: &Path) -> (Counts, Vec<String>) {
    let mut import = Import::begin(office).await.unwrap();
    import.path(office, path).await.unwrap();
    import.settle(office, |_, _| {}).await.unwrap();
    (import.counts.clone(), import.notes().to_vec())
}

fn archive(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in files {
        zip.start_file(*name, SimpleFileOptions::default()).unwrap();
        zip.write_all(bytes).unwrap();
    }
    zip.finish().unwrap().into_inner()
}
