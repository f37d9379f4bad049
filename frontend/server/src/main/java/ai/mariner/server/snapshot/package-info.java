/**
 * Snapshots: the configuration and the models as they are, written so that a later start finds them
 * again.
 */
@NullMarked
package ai.mariner.server.snapshot;

import org.jspecify.annotations.NullMarked;
