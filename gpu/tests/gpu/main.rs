//! The device from a driver's side: by requests, by queues, and by a real driver.

mod commands;
mod driver;
mod fences;
mod hostile;
mod machine;
mod queues;
mod rig;
mod vhost_user;
mod worker;
