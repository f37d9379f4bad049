/**
 * Snapshots: the configuration and the models as they are, written so that a later start finds them
 * again.
 *
 * <p>Starting points: {@link ai.mariner.server.snapshot.Snapshots} (when one is written), {@link
 * ai.mariner.server.snapshot.SnapshotStore} (where it is kept).
 */
@NullMarked
package ai.mariner.server.snapshot;

import org.jspecify.annotations.NullMarked;
