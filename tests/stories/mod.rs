//! What happens at a university, told once and run on both engines.

mod bank;
mod cases;
mod command_line;
mod damage;
mod decide;
mod fees;
mod harness;
mod hostile;
mod hostile_money;
mod journal;
mod kill;
mod lump;
mod month;
mod numbers;
mod packed;
mod race;
mod rehearse;
mod remind;
mod review;
mod roster;
mod send;
mod small_worlds;
mod statements;
mod verify;
mod web;
mod world;
