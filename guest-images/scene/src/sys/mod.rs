//! The libraries of the platform: GL, EGL and GBM. Everything `unsafe` of this
//! program is here, behind functions that are safe to call.

#![allow(unsafe_code)]

pub mod egl;
pub mod gbm;
pub mod gl;
