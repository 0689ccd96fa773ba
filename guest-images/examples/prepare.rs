//! Makes a guest image and prints where its files are: what `xtask` does, for
//! work on the recipes themselves.
//!
//! `cargo run -p maro-guest-images --example prepare -- [software|hardware]
//! [stock|small] [trimmed]`

use std::process::ExitCode;

use maro_guest_images::{
    GuestTask, HostInfo, HostKind, KernelChoice, Request, RootKind, Terminal, prepare,
};

fn main() -> ExitCode {
    let mut request = Request::new(HostKind::SoftwareKvm);
    for argument in std::env::args().skip(1) {
        match argument.as_str() {
            "software" => request.host = HostKind::SoftwareKvm,
            "hardware" => request.host = HostKind::HardwareKvm,
            "stock" => request.kernel = KernelChoice::Stock,
            "small" => request.kernel = KernelChoice::Small,
            "trimmed" => request.root = RootKind::Trimmed,
            other => {
                eprintln!("unknown word {other}");
                return ExitCode::FAILURE;
            }
        }
    }
    match prepare(&request, &mut Terminal::default()) {
        Ok(image) => {
            println!("{image:#?}");
            let host = HostInfo { tsc_khz: 2_500_000 };
            println!(
                "{}",
                image
                    .cmdline(&host, &GuestTask::default())
                    .unwrap_or_default()
            );
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}
