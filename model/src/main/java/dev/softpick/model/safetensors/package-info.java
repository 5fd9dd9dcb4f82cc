/**
 * A strict reader and a writer of <a href="https://github.com/huggingface/safetensors">safetensors</a> files, the
 * format that PyTorch, Edifice and most others exchange weights in; nothing in a file is trusted before it is checked.
 */
package dev.softpick.model.safetensors;
