import { familyContract } from "../contract/family.contract.js";

familyContract("inception_v4");
familyContract("inception_resnet_v1");
familyContract("inception_resnet_v2_paper");
