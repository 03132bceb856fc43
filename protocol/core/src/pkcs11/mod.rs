//! The calls to a PKCS#11 module through which secrets pass (section 8.3): login, random bytes, sealing, opening and
//! the agreement on a point.
//!
//! Slots, objects and attributes are the business of python-pkcs11, which works on the same loaded library; sessions
//! and objects meet here by their handles. A handle that is no longer valid is refused by the module with a code.
//! Buffers that held a secret are wiped.

#![allow(unsafe_code)] // the module is a C library: loading it and calling its function list

mod agreement;
mod pin;
mod probe;
mod sealing;
mod wrapping;

use std::ffi::OsStr;
use std::{mem, ptr};

use cryptoki_sys as ck;
use libloading::{Library, Symbol};

pub use agreement::{Peer, PointForm, SharedX};
pub use pin::Pin;
pub use probe::{known_key, ProbeFault};
pub use sealing::{concerns_record, Form};

/// A session of python-pkcs11, by its handle.
pub type Session = ck::CK_SESSION_HANDLE;
/// An object of the token, by its handle; valid in the sessions of this process.
pub type Object = ck::CK_OBJECT_HANDLE;

/// A call that the module refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Name of the function.
    pub call: &'static str,
    /// Its `CKR_*` code.
    pub code: ck::CK_RV,
}

/// Result of a call to the module.
pub type Outcome<T> = core::result::Result<T, Fault>;

impl Fault {
    fn own(call: &'static str, code: ck::CK_RV) -> Self {
        Self { call, code }
    }
}

/// Calls a function of the list and turns its code into an [`Outcome`].
///
/// Every pointer handed over must be valid for the length handed over with it until the call returns.
macro_rules! call {
    ($module:expr, $name:ident ( $($argument:expr),* $(,)? )) => {{
        let function = $module
            .functions
            .$name
            .ok_or(crate::pkcs11::Fault::own(stringify!($name), cryptoki_sys::CKR_FUNCTION_NOT_SUPPORTED))?;
        // SAFETY: the function comes from the module's own list and gets the types of the standard; the arguments
        // follow the rule above.
        match unsafe { function($($argument),*) } {
            cryptoki_sys::CKR_OK => {}
            code => return Err(crate::pkcs11::Fault::own(stringify!($name), code)),
        }
    }};
}
pub(crate) use call;

/// A loaded PKCS#11 module. It stays loaded until the process ends: a call that hangs may return at any time.
pub struct Module {
    functions: &'static ck::CK_FUNCTION_LIST,
}

impl Module {
    /// Loads the shared library, or gets the one that is loaded already.
    ///
    /// # Errors
    /// The message of the loader, or why the library is no PKCS#11 module.
    pub fn load(path: &OsStr) -> core::result::Result<Self, String> {
        type GetFunctionList = unsafe extern "C" fn(*mut *mut ck::CK_FUNCTION_LIST) -> ck::CK_RV;
        // SAFETY: runs the initialisers of a library that the operator configured as the module.
        let library = unsafe { Library::new(path) }.map_err(|fault| fault.to_string())?;
        let mut list = ptr::null_mut();
        // SAFETY: the standard gives this symbol this type.
        let code = unsafe {
            let get: Symbol<GetFunctionList> = library
                .get(b"C_GetFunctionList\0")
                .map_err(|fault| fault.to_string())?;
            get(&raw mut list)
        };
        // SAFETY: after CKR_OK the pointer is null or names the list, which lives as long as the library.
        let functions = unsafe { list.as_ref::<'static>() };
        mem::forget(library);
        match functions {
            Some(functions) if code == ck::CKR_OK => Ok(Self { functions }),
            _ => Err(format!("C_GetFunctionList returned {code:#x}")),
        }
    }

    /// Initialises the module for calls from several threads: it locks with what the operating system offers.
    ///
    /// # Errors
    /// The module's; `CKR_CANT_LOCK` if it cannot be used from several threads.
    pub fn initialize(&self) -> Outcome<()> {
        let mut arguments = ck::CK_C_INITIALIZE_ARGS {
            flags: ck::CKF_OS_LOCKING_OK,
            ..Default::default()
        };
        call!(self, C_Initialize(ptr::from_mut(&mut arguments).cast()));
        Ok(())
    }

    /// Ends the use of the module by this process; every handle is void afterwards. No other call may be running.
    ///
    /// # Errors
    /// The module's.
    pub fn finalize(&self) -> Outcome<()> {
        call!(self, C_Finalize(ptr::null_mut()));
        Ok(())
    }

    /// Logs in for every session that this process has with the token.
    ///
    /// # Errors
    /// The module's: `CKR_PIN_INCORRECT`, `CKR_PIN_LOCKED`, `CKR_USER_ALREADY_LOGGED_IN`, ….
    pub fn login(&self, session: Session, pin: &Pin, security_officer: bool) -> Outcome<()> {
        let user = if security_officer {
            ck::CKU_SO
        } else {
            ck::CKU_USER
        };
        let bytes = pin.expose();
        call!(
            self,
            C_Login(session, user, bytes.as_ptr().cast_mut(), length(bytes))
        );
        Ok(())
    }

    /// Initialises a token, which destroys every object in it.
    ///
    /// # Errors
    /// The module's.
    pub fn init_token(&self, slot: ck::CK_SLOT_ID, so_pin: &Pin, label: &str) -> Outcome<()> {
        let mut padded = [b' '; 32];
        let name = label.as_bytes();
        padded
            .get_mut(..name.len())
            .ok_or(Fault::own("C_InitToken", ck::CKR_ARGUMENTS_BAD))?
            .copy_from_slice(name);
        let pin = so_pin.expose();
        call!(
            self,
            C_InitToken(
                slot,
                pin.as_ptr().cast_mut(),
                length(pin),
                padded.as_mut_ptr()
            )
        );
        Ok(())
    }

    /// Sets the user PIN in a session of the security officer.
    ///
    /// # Errors
    /// The module's.
    pub fn init_pin(&self, session: Session, pin: &Pin) -> Outcome<()> {
        let bytes = pin.expose();
        call!(
            self,
            C_InitPIN(session, bytes.as_ptr().cast_mut(), length(bytes))
        );
        Ok(())
    }

    /// Ends the login of every session that this process has with the token.
    ///
    /// # Errors
    /// The module's.
    pub fn logout(&self, session: Session) -> Outcome<()> {
        call!(self, C_Logout(session));
        Ok(())
    }

    /// Fills `out` with random bytes of the token.
    ///
    /// # Errors
    /// The module's.
    pub fn random(&self, session: Session, out: &mut [u8]) -> Outcome<()> {
        call!(
            self,
            C_GenerateRandom(session, out.as_mut_ptr(), length(out))
        );
        Ok(())
    }
}

/// Length as the standard counts. Buffers here are below 4 GiB, which every form of the type can hold.
pub(crate) fn length(bytes: &[u8]) -> ck::CK_ULONG {
    ck::CK_ULONG::try_from(bytes.len()).unwrap_or(ck::CK_ULONG::MAX)
}

/// Size of a parameter structure.
pub(crate) fn size_of<T>() -> ck::CK_ULONG {
    ck::CK_ULONG::try_from(mem::size_of::<T>()).unwrap_or(ck::CK_ULONG::MAX)
}
