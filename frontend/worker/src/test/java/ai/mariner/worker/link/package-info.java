/** Tests of the links to workers, over real sockets and with real processes. */
@org.jspecify.annotations.NullMarked
package ai.mariner.worker.link;
