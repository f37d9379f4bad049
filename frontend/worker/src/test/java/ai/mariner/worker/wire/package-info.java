/** Tests of the frames, against the vectors that both sides share. */
@org.jspecify.annotations.NullMarked
package ai.mariner.worker.wire;
