//! tcpstory runs scenarios on real kernel sockets, sniffs the loopback interface and tells what happened.
pub mod capture;
pub mod cli;
pub mod lab;
pub mod packet;
pub mod record;
pub mod report;
pub mod scenario;
pub mod story;
