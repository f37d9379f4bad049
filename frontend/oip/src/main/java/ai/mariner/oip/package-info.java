/**
 * The Open Inference Protocol's tensors: its JSON, its binary extension, and the one form that the
 * worker reads, each to and from one message whose data are raw little-endian bytes.
 *
 * <p>Starting points: {@link ai.mariner.oip.InferMessage}, {@link ai.mariner.oip.OipText}, {@link
 * ai.mariner.oip.OipBinary}, {@link ai.mariner.oip.OipForm}.
 */
@NullMarked
package ai.mariner.oip;

import org.jspecify.annotations.NullMarked;
