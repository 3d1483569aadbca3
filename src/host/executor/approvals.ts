/** What an operator says about capabilities while a host is open. */
import type { Approval, Manifest } from '../manifest/manifest.ts';

/** Whether a capability may be called now. Changes hold from the next call on; calls under way go on. */
export class Approvals {
  private readonly changed = new Map<string, Approval>();

  set(id: string, approval: Approval): void {
    this.changed.set(id, approval);
  }

  of(manifest: Pick<Manifest, 'id' | 'approval'>): Approval {
    return this.changed.get(manifest.id) ?? manifest.approval;
  }
}
