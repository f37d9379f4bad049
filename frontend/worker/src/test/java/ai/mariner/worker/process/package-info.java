/** Tests of worker processes, with real ones. */
@org.jspecify.annotations.NullMarked
package ai.mariner.worker.process;
