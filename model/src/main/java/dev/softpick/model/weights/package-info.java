/**
 * What a model is made of: parameters by name, shape and place, packed matrices, and layers that apply themselves to
 * rows of memory. Immutable once filled. A new kind of parameter or a new weight format belongs here; imports kernels,
 * and of the model its options alone.
 */
package dev.softpick.model.weights;
