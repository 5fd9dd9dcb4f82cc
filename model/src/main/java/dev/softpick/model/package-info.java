/**
 * What a user of the transformer types: the model, its options, its layers, sessions and their exceptions. Each class
 * documents, checks its arguments and hands on to one of the rooms beside it, which may import no class of this package
 * but its values: options, enums and exceptions.
 */
package dev.softpick.model;
