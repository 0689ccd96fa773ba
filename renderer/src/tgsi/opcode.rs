//! The opcodes: name, number of operands and form of each (gallium
//! `tgsi_info_opcodes.h`).
//!
//! Every opcode that Mesa can write is known here by name. What an opcode means in GLSL
//! is told by the tables of [`glsl`](crate::glsl); those that GLSL ES cannot express are
//! refused there, by name.

/// What follows an instruction's operands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OpcodeForm {
    /// Nothing.
    Plain,
    /// A texture target, then texel offsets.
    Texture,
    /// Memory qualifiers, then an image's target and format.
    Memory,
}

macro_rules! opcodes {
    ($($variant:ident $text:literal $dst:literal $src:literal $form:ident,)+) => {
        /// An operation.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Opcode {
            $(#[doc = concat!("`", $text, "`")] $variant,)+
        }

        impl Opcode {
            /// All opcodes, in the order of the table.
            pub const ALL: &'static [Opcode] = &[$(Opcode::$variant,)+];

            /// The name in the text form.
            pub const fn name(self) -> &'static str {
                match self { $(Opcode::$variant => $text,)+ }
            }

            /// Number of destination operands.
            pub const fn destinations(self) -> usize {
                match self { $(Opcode::$variant => $dst,)+ }
            }

            /// Number of source operands.
            pub const fn sources(self) -> usize {
                match self { $(Opcode::$variant => $src,)+ }
            }

            /// What follows the operands.
            pub const fn form(self) -> OpcodeForm {
                match self { $(Opcode::$variant => OpcodeForm::$form,)+ }
            }

            /// The opcode of this name, without suffix.
            pub fn from_name(name: &str) -> Option<Opcode> {
                match name { $($text => Some(Opcode::$variant),)+ _ => None }
            }
        }
    };
}

opcodes! {
    // arithmetic
    Arl "ARL" 1 1 Plain,
    Mov "MOV" 1 1 Plain,
    Lit "LIT" 1 1 Plain,
    Rcp "RCP" 1 1 Plain,
    Rsq "RSQ" 1 1 Plain,
    Sqrt "SQRT" 1 1 Plain,
    Exp "EXP" 1 1 Plain,
    Log "LOG" 1 1 Plain,
    Mul "MUL" 1 2 Plain,
    Add "ADD" 1 2 Plain,
    Dp2 "DP2" 1 2 Plain,
    Dp3 "DP3" 1 2 Plain,
    Dp4 "DP4" 1 2 Plain,
    Dst "DST" 1 2 Plain,
    Min "MIN" 1 2 Plain,
    Max "MAX" 1 2 Plain,
    Slt "SLT" 1 2 Plain,
    Sge "SGE" 1 2 Plain,
    Sgt "SGT" 1 2 Plain,
    Sle "SLE" 1 2 Plain,
    Seq "SEQ" 1 2 Plain,
    Sne "SNE" 1 2 Plain,
    Mad "MAD" 1 3 Plain,
    Fma "FMA" 1 3 Plain,
    Lrp "LRP" 1 3 Plain,
    Ldexp "LDEXP" 1 2 Plain,
    Frc "FRC" 1 1 Plain,
    Flr "FLR" 1 1 Plain,
    Round "ROUND" 1 1 Plain,
    Ceil "CEIL" 1 1 Plain,
    Trunc "TRUNC" 1 1 Plain,
    Ssg "SSG" 1 1 Plain,
    Ex2 "EX2" 1 1 Plain,
    Lg2 "LG2" 1 1 Plain,
    Pow "POW" 1 2 Plain,
    Cos "COS" 1 1 Plain,
    Sin "SIN" 1 1 Plain,
    Ddx "DDX" 1 1 Plain,
    Ddy "DDY" 1 1 Plain,
    DdxFine "DDX_FINE" 1 1 Plain,
    DdyFine "DDY_FINE" 1 1 Plain,
    Cmp "CMP" 1 3 Plain,
    Div "DIV" 1 2 Plain,
    Arr "ARR" 1 1 Plain,
    Pk2h "PK2H" 1 1 Plain,
    Pk2us "PK2US" 1 1 Plain,
    Pk4b "PK4B" 1 1 Plain,
    Pk4ub "PK4UB" 1 1 Plain,
    Up2h "UP2H" 1 1 Plain,
    Up2us "UP2US" 1 1 Plain,
    Up4b "UP4B" 1 1 Plain,
    Up4ub "UP4UB" 1 1 Plain,
    Fseq "FSEQ" 1 2 Plain,
    Fsge "FSGE" 1 2 Plain,
    Fslt "FSLT" 1 2 Plain,
    Fsne "FSNE" 1 2 Plain,
    // integers
    F2i "F2I" 1 1 Plain,
    F2u "F2U" 1 1 Plain,
    I2f "I2F" 1 1 Plain,
    U2f "U2F" 1 1 Plain,
    Not "NOT" 1 1 Plain,
    And "AND" 1 2 Plain,
    Or "OR" 1 2 Plain,
    Xor "XOR" 1 2 Plain,
    Shl "SHL" 1 2 Plain,
    Ishr "ISHR" 1 2 Plain,
    Ushr "USHR" 1 2 Plain,
    Mod "MOD" 1 2 Plain,
    Umod "UMOD" 1 2 Plain,
    Idiv "IDIV" 1 2 Plain,
    Udiv "UDIV" 1 2 Plain,
    Imax "IMAX" 1 2 Plain,
    Imin "IMIN" 1 2 Plain,
    Umax "UMAX" 1 2 Plain,
    Umin "UMIN" 1 2 Plain,
    Ineg "INEG" 1 1 Plain,
    Iabs "IABS" 1 1 Plain,
    Issg "ISSG" 1 1 Plain,
    Isge "ISGE" 1 2 Plain,
    Islt "ISLT" 1 2 Plain,
    Useq "USEQ" 1 2 Plain,
    Usge "USGE" 1 2 Plain,
    Uslt "USLT" 1 2 Plain,
    Usne "USNE" 1 2 Plain,
    Uadd "UADD" 1 2 Plain,
    Umul "UMUL" 1 2 Plain,
    Umad "UMAD" 1 3 Plain,
    ImulHi "IMUL_HI" 1 2 Plain,
    UmulHi "UMUL_HI" 1 2 Plain,
    Ibfe "IBFE" 1 3 Plain,
    Ubfe "UBFE" 1 3 Plain,
    Bfi "BFI" 1 4 Plain,
    Brev "BREV" 1 1 Plain,
    Popc "POPC" 1 1 Plain,
    Lsb "LSB" 1 1 Plain,
    Imsb "IMSB" 1 1 Plain,
    Umsb "UMSB" 1 1 Plain,
    Uarl "UARL" 1 1 Plain,
    Ucmp "UCMP" 1 3 Plain,
    // doubles and 64-bit integers
    F2d "F2D" 1 1 Plain,
    D2f "D2F" 1 1 Plain,
    Dabs "DABS" 1 1 Plain,
    Dneg "DNEG" 1 1 Plain,
    Dadd "DADD" 1 2 Plain,
    Dmul "DMUL" 1 2 Plain,
    Ddiv "DDIV" 1 2 Plain,
    Dmin "DMIN" 1 2 Plain,
    Dmax "DMAX" 1 2 Plain,
    Dslt "DSLT" 1 2 Plain,
    Dsge "DSGE" 1 2 Plain,
    Dseq "DSEQ" 1 2 Plain,
    Dsne "DSNE" 1 2 Plain,
    Drcp "DRCP" 1 1 Plain,
    Dsqrt "DSQRT" 1 1 Plain,
    Drsq "DRSQ" 1 1 Plain,
    Dmad "DMAD" 1 3 Plain,
    Dfma "DFMA" 1 3 Plain,
    Dfrac "DFRAC" 1 1 Plain,
    Dldexp "DLDEXP" 1 2 Plain,
    Dfracexp "DFRACEXP" 2 1 Plain,
    Dtrunc "DTRUNC" 1 1 Plain,
    Dceil "DCEIL" 1 1 Plain,
    Dflr "DFLR" 1 1 Plain,
    Dround "DROUND" 1 1 Plain,
    Dssg "DSSG" 1 1 Plain,
    D2i "D2I" 1 1 Plain,
    I2d "I2D" 1 1 Plain,
    D2u "D2U" 1 1 Plain,
    U2d "U2D" 1 1 Plain,
    F2u64 "F2U64" 1 1 Plain,
    F2i64 "F2I64" 1 1 Plain,
    U2i64 "U2I64" 1 1 Plain,
    I2i64 "I2I64" 1 1 Plain,
    D2u64 "D2U64" 1 1 Plain,
    D2i64 "D2I64" 1 1 Plain,
    U642f "U642F" 1 1 Plain,
    I642f "I642F" 1 1 Plain,
    U642d "U642D" 1 1 Plain,
    I642d "I642D" 1 1 Plain,
    U64seq "U64SEQ" 1 2 Plain,
    U64sne "U64SNE" 1 2 Plain,
    U64slt "U64SLT" 1 2 Plain,
    U64sge "U64SGE" 1 2 Plain,
    U64min "U64MIN" 1 2 Plain,
    U64max "U64MAX" 1 2 Plain,
    U64add "U64ADD" 1 2 Plain,
    U64mul "U64MUL" 1 2 Plain,
    U64shl "U64SHL" 1 2 Plain,
    U64shr "U64SHR" 1 2 Plain,
    U64div "U64DIV" 1 2 Plain,
    U64mod "U64MOD" 1 2 Plain,
    I64abs "I64ABS" 1 1 Plain,
    I64neg "I64NEG" 1 1 Plain,
    I64ssg "I64SSG" 1 1 Plain,
    I64slt "I64SLT" 1 2 Plain,
    I64sge "I64SGE" 1 2 Plain,
    I64min "I64MIN" 1 2 Plain,
    I64max "I64MAX" 1 2 Plain,
    I64shr "I64SHR" 1 2 Plain,
    I64div "I64DIV" 1 2 Plain,
    I64mod "I64MOD" 1 2 Plain,
    // textures
    Tex "TEX" 1 2 Texture,
    Tex2 "TEX2" 1 3 Texture,
    TexLz "TEX_LZ" 1 2 Texture,
    Txd "TXD" 1 4 Texture,
    Txp "TXP" 1 2 Texture,
    Txb "TXB" 1 2 Texture,
    Txb2 "TXB2" 1 3 Texture,
    Txl "TXL" 1 2 Texture,
    Txl2 "TXL2" 1 3 Texture,
    Txf "TXF" 1 2 Texture,
    TxfLz "TXF_LZ" 1 2 Texture,
    Txq "TXQ" 1 2 Texture,
    Txqs "TXQS" 1 1 Texture,
    Tg4 "TG4" 1 3 Texture,
    Lodq "LODQ" 1 2 Texture,
    Sample "SAMPLE" 1 3 Plain,
    SampleI "SAMPLE_I" 1 2 Plain,
    SampleIMs "SAMPLE_I_MS" 1 3 Plain,
    SampleB "SAMPLE_B" 1 4 Plain,
    SampleC "SAMPLE_C" 1 4 Plain,
    SampleCLz "SAMPLE_C_LZ" 1 4 Plain,
    SampleD "SAMPLE_D" 1 5 Plain,
    SampleL "SAMPLE_L" 1 4 Plain,
    Gather4 "GATHER4" 1 3 Plain,
    SviewInfo "SVIEWINFO" 1 2 Plain,
    SamplePos "SAMPLE_POS" 1 2 Plain,
    SampleInfo "SAMPLE_INFO" 1 1 Plain,
    // buffers, images, shared memory
    Load "LOAD" 1 2 Memory,
    Store "STORE" 1 2 Memory,
    Resq "RESQ" 1 1 Memory,
    AtomUadd "ATOMUADD" 1 3 Memory,
    AtomXchg "ATOMXCHG" 1 3 Memory,
    AtomCas "ATOMCAS" 1 4 Memory,
    AtomAnd "ATOMAND" 1 3 Memory,
    AtomOr "ATOMOR" 1 3 Memory,
    AtomXor "ATOMXOR" 1 3 Memory,
    AtomUmin "ATOMUMIN" 1 3 Memory,
    AtomUmax "ATOMUMAX" 1 3 Memory,
    AtomImin "ATOMIMIN" 1 3 Memory,
    AtomImax "ATOMIMAX" 1 3 Memory,
    AtomFadd "ATOMFADD" 1 3 Memory,
    AtomIncWrap "ATOMINC_WRAP" 1 3 Memory,
    AtomDecWrap "ATOMDEC_WRAP" 1 3 Memory,
    Membar "MEMBAR" 0 1 Plain,
    Barrier "BARRIER" 0 0 Plain,
    // flow
    If "IF" 0 1 Plain,
    Uif "UIF" 0 1 Plain,
    Else "ELSE" 0 0 Plain,
    Endif "ENDIF" 0 0 Plain,
    BgnLoop "BGNLOOP" 0 0 Plain,
    EndLoop "ENDLOOP" 0 0 Plain,
    Brk "BRK" 0 0 Plain,
    Cont "CONT" 0 0 Plain,
    Switch "SWITCH" 0 1 Plain,
    Case "CASE" 0 1 Plain,
    Default "DEFAULT" 0 0 Plain,
    EndSwitch "ENDSWITCH" 0 0 Plain,
    Cal "CAL" 0 0 Plain,
    Ret "RET" 0 0 Plain,
    BgnSub "BGNSUB" 0 0 Plain,
    EndSub "ENDSUB" 0 0 Plain,
    Nop "NOP" 0 0 Plain,
    End "END" 0 0 Plain,
    // of single stages
    Kill "KILL" 0 0 Plain,
    KillIf "KILL_IF" 0 1 Plain,
    Emit "EMIT" 0 1 Plain,
    EndPrim "ENDPRIM" 0 1 Plain,
    InterpCentroid "INTERP_CENTROID" 1 1 Plain,
    InterpSample "INTERP_SAMPLE" 1 2 Plain,
    InterpOffset "INTERP_OFFSET" 1 2 Plain,
    FbFetch "FBFETCH" 1 1 Plain,
    Clock "CLOCK" 1 0 Plain,
    Ballot "BALLOT" 1 1 Plain,
    ReadFirst "READ_FIRST" 1 1 Plain,
    ReadInvoc "READ_INVOC" 1 2 Plain,
    VoteAny "VOTE_ANY" 1 1 Plain,
    VoteAll "VOTE_ALL" 1 1 Plain,
    VoteEq "VOTE_EQ" 1 1 Plain,
}

impl Opcode {
    /// True for the read-modify-write operations on memory.
    pub const fn is_atomic(self) -> bool {
        matches!(
            self,
            Opcode::AtomUadd
                | Opcode::AtomXchg
                | Opcode::AtomCas
                | Opcode::AtomAnd
                | Opcode::AtomOr
                | Opcode::AtomXor
                | Opcode::AtomUmin
                | Opcode::AtomUmax
                | Opcode::AtomImin
                | Opcode::AtomImax
                | Opcode::AtomFadd
                | Opcode::AtomIncWrap
                | Opcode::AtomDecWrap
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_finds_its_opcode() {
        for &opcode in Opcode::ALL {
            assert_eq!(Opcode::from_name(opcode.name()), Some(opcode));
        }
    }

    #[test]
    fn operand_counts_fit_the_instruction() {
        for &opcode in Opcode::ALL {
            assert!(
                opcode.destinations() <= 2 && opcode.sources() <= 5,
                "{opcode:?}"
            );
        }
    }
}
