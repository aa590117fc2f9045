//! The rules that ship compile; errors of every code say what the author reads.

mod compiled;
mod days;
mod diagnostics;
mod documents;
mod expanded;
mod fields;
mod folder;
mod keeping;
mod measures;
mod modifiers;
mod regions;
mod robust;
mod shelf;
mod shipped;
