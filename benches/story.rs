//! The story and each format, on recordings of 10,000 and 100,000 events: ten times as many must take about ten times as long.

mod recordings;

use criterion::{BatchSize, BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use tcpstory::report::Options;
use tcpstory::report::format::FORMATS;
use tcpstory::story::{FindingKind, tell};

const SIZES: [usize; 2] = [10_000, 100_000];

fn telling(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("tell");
    group.sample_size(10);
    for size in SIZES {
        let recording = recordings::of_about(size);
        let story = tell(recording.clone());
        let mismatches = story.findings.iter().filter(|finding| finding.kind.is_mismatch());
        assert_eq!(mismatches.count(), 0, "the model explains the recording");
        assert!(story.findings.iter().all(|finding| finding.kind != FindingKind::Likely));
        group.throughput(Throughput::Elements(size as u64));
        group.bench_with_input(BenchmarkId::from_parameter(size), &recording, |bencher, recording| {
            bencher.iter_batched(|| recording.clone(), tell, BatchSize::PerIteration);
        });
    }
    let recording = recordings::of_a_hundred_thousand_calls();
    let story = tell(recording.clone());
    assert!(story.findings.iter().all(|finding| !finding.kind.is_mismatch()), "the model explains the recording");
    group.throughput(Throughput::Elements(100_000));
    group.bench_with_input("100000 calls on 1000 connections", &recording, |bencher, recording| {
        bencher.iter_batched(|| recording.clone(), tell, BatchSize::PerIteration);
    });
    group.finish();
}

fn formats(criterion: &mut Criterion) {
    for format in FORMATS {
        let mut group = criterion.benchmark_group(format.name);
        group.sample_size(10);
        for size in SIZES {
            let story = tell(recordings::of_about(size));
            group.throughput(Throughput::Elements(size as u64));
            group.bench_with_input(BenchmarkId::from_parameter(size), &story, |bencher, story| {
                bencher.iter(|| (format.write)(story, &Options::default()));
            });
        }
        group.finish();
    }
}

criterion_group!(benches, telling, formats);
criterion_main!(benches);
